// SPDX-License-Identifier: Apache-2.0
#pragma once
// The stages behind the first model, for the frames of one batch at a time. Used from one thread.

#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/line/chain.hpp"
#include "pipeline/line/steps.hpp"

namespace fovea::pipeline {

class LaterStages {
 public:
  explicit LaterStages(const Chain& chain) : chain_(chain) {}

  /// A frame behind the last stage, or which stage let it go.
  struct Applied {
    std::optional<Outcome<Frame>> outcome;
    std::string_view let_go_by;
  };
  /// Each frame through every stage behind the first model, in order.
  std::vector<Applied> apply(std::vector<Outcome<Frame>> frames);

 private:
  void apply_model(ModelStage& model, std::vector<Applied>& frames);

  const Chain& chain_;
  InputPool inputs_;
};

}  // namespace fovea::pipeline
