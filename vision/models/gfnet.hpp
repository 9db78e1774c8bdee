// SPDX-License-Identifier: Apache-2.0
#pragma once
// The global filter network as a classifier (Rao et al. 2021, arXiv:2107.00645): a transformer
// whose tokens are mixed by learned filters over their frequencies in place of attention.
// Thread rule: immutable after construction; forward() may be called from any thread.

#include <cstdint>
#include <vector>

#include "compute/ops/global_filter.hpp"
#include "vision/models/model.hpp"

namespace fovea::vision {

class VitWeights;

/// One block's weights on the device, named as in the authors' checkpoints.
struct GfnetBlock {
  compute::ops::LayerNorm norm1, norm2;
  compute::ops::GlobalFilter filter;
  compute::ops::Linear fc1, fc2;
};

class GfnetModel final : public Model {
 public:
  /// Uploads the weights. Requires: as make_model().
  GfnetModel(compute::Device& device, compute::ConstantStore& store, const Checkpoint& checkpoint,
             compute::ops::Precision precision);

  const VitConfig& config() const noexcept override { return config_; }
  std::int64_t answer_length() const noexcept override { return head_.out_features; }
  /// Throws ModelError when the pictures are not of the model's own size: its filters are of one
  /// grid.
  Positions positions(compute::ConstantStore& store, InputSize size) const override;
  /// pictures -> logits [B, classes]. Requires: no extras, which are of models that attend.
  compute::Tensor forward(compute::ProgramBuilder& p, const VitInput& pictures,
                          const Positions& positions, VitTaps taps = VitTaps::none,
                          const VitExtras& extras = {}) const override;

 private:
  explicit GfnetModel(const VitWeights& weights);

  VitConfig config_;
  compute::ops::Linear patch_embed_;
  std::vector<float> pos_embed_;  // [T, C]
  std::vector<GfnetBlock> blocks_;
  compute::ops::LayerNorm norm_;
  compute::ops::Linear head_;
};

}  // namespace fovea::vision
