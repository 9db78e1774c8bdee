// SPDX-License-Identifier: Apache-2.0
#pragma once
// The stages behind the first model, for the frames of one batch at a time. Used from one thread.

#include <optional>
#include <vector>

#include "pipeline/line/chain.hpp"
#include "pipeline/line/steps.hpp"

namespace fovea::pipeline {

class LaterStages {
 public:
  explicit LaterStages(const Chain& chain) : chain_(chain) {}

  /// Each frame through every stage but the first, in order; nothing in the place of one that a
  /// stage kept from going on.
  std::vector<std::optional<Outcome<Frame>>> apply(std::vector<Outcome<Frame>> frames);

 private:
  void apply_model(ModelStage& model, std::vector<std::optional<Outcome<Frame>>>& frames);

  const Chain& chain_;
  InputPool inputs_;
};

}  // namespace fovea::pipeline
