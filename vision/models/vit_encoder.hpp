// SPDX-License-Identifier: Apache-2.0
#pragma once
// The encoder of the vision transformer (Dosovitskiy et al. 2021, arXiv:2010.11929), named as
// transformers' checkpoints name it: what classifiers and detectors share.
// Thread rule: immutable after construction; any thread may call.

#include <cstdint>
#include <vector>

#include "compute/buffer.hpp"
#include "compute/ops/transformer.hpp"
#include "compute/program.hpp"
#include "vision/models/model.hpp"
#include "vision/models/vit_config.hpp"

namespace fovea::vision {

class VitWeights;

/// One encoder layer's weights on the device.
struct VitBlock {
  compute::ops::LayerNorm layernorm_before, layernorm_after;
  compute::ops::Linear attention_qkv;  // query, key and value rows, one below the other
  compute::ops::Linear attention_output, intermediate, output;
};

class VitEncoder {
 public:
  /// Uploads patch projection, special tokens and blocks.
  explicit VitEncoder(const VitWeights& weights);

  const VitConfig& config() const noexcept { return config_; }
  /// Model::positions().
  Positions positions(compute::ConstantStore& store, InputSize size) const;
  /// pictures -> [B, Q, C], the first Q tokens after the last block, `queries`; 0 means all.
  /// With VitTaps::blocks all are computed whatever `queries` says.
  compute::Tensor forward(compute::ProgramBuilder& p, const VitInput& pictures,
                          const Positions& positions, VitTaps taps, std::int64_t queries,
                          const VitExtras& extras = {}) const;

 private:
  VitConfig config_;
  compute::ops::Linear patch_projection_;
  compute::ops::Table special_tokens_;
  std::vector<VitBlock> layers_;
  /// As the checkpoint stores them, in the order of its tokens: [T, C] each.
  std::vector<float> stored_positions_;
  std::vector<std::vector<float>> stored_mid_positions_;
};

}  // namespace fovea::vision
