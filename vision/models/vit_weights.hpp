// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a checkpoint's tensors to what vit.cpp computes with: joined, folded, resampled and
// uploaded. Used only while a VitModel is made.

#include <string>
#include <string_view>
#include <vector>

#include "compute/buffer.hpp"
#include "compute/ops/transformer.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/models/positions.hpp"
#include "vision/models/vit.hpp"

namespace fovea::vision {

class VitWeights {
 public:
  VitWeights(compute::Device& device, compute::ConstantStore& store, const Checkpoint& checkpoint,
             compute::ops::Precision precision);

  /// The patch convolution as a matrix: weight [C, 3 * patch_h * patch_w].
  compute::ops::Linear patch_projection() const;
  /// [CLS], [DIST] and registers in the sequence's order; an empty Table where there are none.
  compute::ops::Table special_tokens() const;
  /// One row per token of a sequence over `grid`; zeros where a token has no position.
  compute::ops::Table positions(PatchGrid grid) const;
  VitBlock block(int index) const;
  compute::ops::LayerNorm final_norm() const;
  compute::ops::Linear classifier(const std::string& name) const;

 private:
  compute::ops::Linear linear(const std::string& scope, const std::string& name, int out_features,
                              int in_features, const std::string& layer_scale = {}) const;
  compute::ops::Linear joined_qkv(const std::string& scope) const;
  compute::ops::LayerNorm layer_norm(const std::string& scope, const std::string& name) const;

  compute::Device& device_;
  compute::ConstantStore& store_;
  const Checkpoint& checkpoint_;
  const VitConfig& config_;
  compute::ops::Precision precision_;       // of the blocks
  compute::ops::Precision edge_precision_;  // of the first and the last product
};

/// Position embeddings of a sequence over `grid`: [prefix_tokens + grid.count(), C]. They are
/// resampled from the grid the checkpoint was trained on; transformers takes that to be square,
/// so for a model of another shape it has no answer to compare with.
std::vector<float> sequence_positions(const Checkpoint& checkpoint, PatchGrid grid);

}  // namespace fovea::vision
