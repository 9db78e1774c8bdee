// SPDX-License-Identifier: Apache-2.0
#pragma once
// Two models side by side on the same pictures: what one precision changes against another.

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "pipeline/line/stage.hpp"

namespace fovea::pipeline {

/// Prepares each picture once, by the first model's recipe, and runs both. A picture's row is
/// the first model's row, then the second's.
class PairStage : public ModelStage {
 public:
  /// Called for each picture, in order, from one thread.
  using Compare = std::function<void(const Frame& frame, std::span<const float> first,
                                     std::span<const float> second)>;

  /// Requires: both take the same inputs of each picture, and the same batches.
  PairStage(std::unique_ptr<ModelStage> first, std::unique_ptr<ModelStage> second, Compare compare);

  std::string_view name() const override { return first_->name(); }
  std::vector<Data> needs() const override { return first_->needs(); }
  std::vector<Data> gives() const override { return first_->gives(); }
  int batch() const override { return first_->batch(); }
  int slots() const override { return first_->slots(); }
  std::size_t input_bytes(InputSize size) const override { return first_->input_bytes(size); }
  InputSize input_size(const Frame& frame) const override { return first_->input_size(frame); }
  void prepare(const Frame& frame, std::span<std::uint8_t> input) const override;
  std::unique_ptr<Flight> begin(InputSize size, int n) override;
  /// The first model's annotations.
  void annotate(Frame& frame, std::span<const float> row) const override;

 private:
  std::unique_ptr<ModelStage> first_, second_;
  Compare compare_;
};

}  // namespace fovea::pipeline
