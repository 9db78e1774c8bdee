// SPDX-License-Identifier: Apache-2.0
#pragma once
// A classifier asked again and again about a picture that loses its patches: those first that it
// attends to most, and beside that in any order.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "pipeline/line/stage.hpp"

namespace fovea::pipeline {

/// Shares of the patches that are gone: 0, 10, ... 100 %.
inline constexpr std::size_t kDeletionSteps = 11;

/// A picture's best class at each step, for both orders of removal.
struct DeletedAnswers {
  std::array<std::size_t, kDeletionSteps> attended{}, random{};
};

struct DeletionOptions {
  int patch_h = 16, patch_w = 16;
  std::array<std::uint8_t, 3> colour{};  // what stands where a patch was
  std::size_t classes = 1;               // logits in front of a model's row
  std::uint64_t seed = 1;                // of the random orders; picture i has its own
};

/// One picture is one flight: the picture as it is, then its copies in batches of the model's.
/// Patches are counted as the model cuts them: row by row, the remainder right and below is none.
class DeletionStage : public ModelStage {
 public:
  /// How much a patch counts: a value a patch, from the input [H, W, 3] and the model's row of it.
  using Scores = std::function<std::vector<float>(std::span<const std::uint8_t> pixels,
                                                  InputSize size, std::span<const float> row)>;
  /// Called for each picture, in order, from one thread.
  using Count = std::function<void(const Frame& frame, const DeletedAnswers& answers)>;

  /// Requires: the model takes its pictures resized on the host.
  DeletionStage(std::unique_ptr<ModelStage> model, const DeletionOptions& options, Scores scores,
                Count count);

  std::string_view name() const override { return model_->name(); }
  std::vector<Data> needs() const override { return model_->needs(); }
  std::vector<Data> gives() const override { return {Data::labels}; }
  int batch() const override { return 1; }
  int slots() const override { return model_->slots(); }
  std::size_t input_bytes(InputSize size) const override { return model_->input_bytes(size); }
  InputSize input_size(const Frame& frame) const override { return model_->input_size(frame); }
  void prepare(const Frame& frame, std::span<std::uint8_t> input) const override {
    model_->prepare(frame, input);
  }
  std::unique_ptr<Flight> begin(InputSize size, int n) override;
  /// Labels of the frame stay as they are: only Count hears of the answers.
  void annotate(Frame& frame, std::span<const float> row) const override;

 private:
  std::unique_ptr<ModelStage> model_;
  DeletionOptions options_;
  Scores scores_;
  Count count_;
  std::uint64_t begun_ = 0;
};

/// How many of `patches` are gone at `step`: its share, to the nearest.
std::size_t removed_at(std::size_t step, std::size_t patches);

/// The numbers of `scores`, the largest first, ties in their order.
std::vector<std::size_t> largest_first(std::span<const float> scores);

/// 0 .. n-1 in an order that follows from the seed, on every machine the same.
std::vector<std::size_t> random_order(std::size_t n, std::uint64_t seed);

}  // namespace fovea::pipeline
