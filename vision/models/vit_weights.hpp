// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a checkpoint's tensors to what the models compute with: joined, folded and uploaded.
// Used only while a Model is made.

#include <string>
#include <string_view>
#include <vector>

#include "compute/buffer.hpp"
#include "compute/ops/transformer.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/models/gfnet.hpp"
#include "vision/models/vit_encoder.hpp"

namespace fovea::vision {

class VitWeights {
 public:
  VitWeights(compute::Device& device, compute::ConstantStore& store, const Checkpoint& checkpoint,
             compute::ops::Precision precision);

  /// The patch convolution as a matrix: weight [C, 3 * patch_h * patch_w].
  compute::ops::Linear patch_projection() const;
  const VitConfig& config() const noexcept { return config_; }
  /// Detection tokens, [CLS], [DIST] and registers in the sequence's order; an empty Table where
  /// there are none.
  compute::ops::Table special_tokens() const;
  /// Position embeddings as the checkpoint has them: for sequence_positions().
  std::vector<float> stored_positions() const;
  /// The same for those added after each block; none where the model has none.
  std::vector<std::vector<float>> stored_mid_positions() const;
  VitBlock block(int index) const;
  GfnetBlock filter_block(int index) const;
  compute::ops::LayerNorm final_norm() const;
  compute::ops::Linear classifier(const std::string& name) const;
  /// Layer 0, 1 or 2 of YOLOS's two heads as one matrix, the classifier's rows above the box
  /// predictor's: both read one input in layer 0, and each its own half of it after that, so the
  /// rest of the matrix is zeros, which change no sum.
  compute::ops::Linear detection_heads(int layer) const;

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

}  // namespace fovea::vision
