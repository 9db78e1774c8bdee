// SPDX-License-Identifier: Apache-2.0
#pragma once
// A classifier's answers when it sees only some patches of a picture, and from them how much each
// patch matters. A patch is masked by taking its token out of the sequence behind the position
// embeddings: no layer has a key, a value or a row of it. No gradients, no made-up pixels.
// Thread rule: one thread at a time.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "compute/device.hpp"
#include "compute/ops/transformer.hpp"
#include "vision/attend/attend.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/input_size.hpp"

namespace fovea::vision {

struct MaskingOptions {
  compute::ops::Precision precision = compute::ops::Precision::fp32;
  int batch = 16;  // masked sequences in one submission; larger costs memory
  /// Side of the squares of patches that are masked together; larger is faster and coarser.
  int group = 1;
};

/// How much a class's score falls without each patch: score(all) - score(without), the scores
/// softmax over all classes. Patches masked together have one value.
struct Relevance {
  std::vector<float> logits;  // of the whole picture
  int class_id = 0;           // the one looked at
  AttentionMaps drops;
};

class TokenMasking {
 public:
  /// Uploads the weights. Throws ConfigError when the checkpoint is a detector's, or when batch or
  /// group is below 1.
  TokenMasking(compute::Device& device, const Checkpoint& checkpoint,
               const MaskingOptions& options = {});
  ~TokenMasking();
  TokenMasking(const TokenMasking&) = delete;
  TokenMasking& operator=(const TokenMasking&) = delete;

  const VitConfig& config() const noexcept;
  /// Logits [masks, classes] of a picture, each without the patches that a mask lists (indices row
  /// by row, no two alike). `pixels` [H, W, 3] u8 of `size`, as Preprocessor::resize() leaves them.
  /// Masks of one length share batches. Throws ShapeError when a mask names a patch that is not
  /// there, or leaves none.
  std::vector<float> logits(std::span<const std::uint8_t> pixels, InputSize size,
                            std::span<const std::vector<int>> masks);
  /// Of `class_id`, or where there is none, of the class that the whole picture answers with.
  Relevance relevance(std::span<const std::uint8_t> pixels, InputSize size,
                      std::optional<int> class_id = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fovea::vision
