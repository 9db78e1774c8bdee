// SPDX-License-Identifier: Apache-2.0
#pragma once
// The vision transformer as a classifier (Dosovitskiy et al. 2021, arXiv:2010.11929; DeiT:
// Touvron et al. 2021, arXiv:2012.12877), named as transformers' checkpoints name it.
// Thread rule: immutable after construction; forward() may be called from any thread.

#include <cstdint>
#include <optional>

#include "vision/models/model.hpp"
#include "vision/models/vit_encoder.hpp"

namespace fovea::vision {

class VitModel final : public Model {
 public:
  /// Uploads the weights. Requires: as make_model().
  VitModel(compute::Device& device, compute::ConstantStore& store, const Checkpoint& checkpoint,
           compute::ops::Precision precision);

  const VitConfig& config() const noexcept override { return encoder_.config(); }
  std::int64_t answer_length() const noexcept override {
    return static_cast<std::int64_t>(config().labels.size());
  }
  Positions positions(compute::ConstantStore& store, InputSize size) const override {
    return encoder_.positions(store, size);
  }
  /// pictures -> logits [B, classes].
  compute::Tensor forward(compute::ProgramBuilder& p, const VitInput& pictures,
                          const Positions& positions, VitTaps taps = VitTaps::none,
                          const VitExtras& extras = {}) const override;

 private:
  explicit VitModel(const VitWeights& weights);
  compute::Tensor head(compute::ProgramBuilder& p, const compute::Tensor& x) const;

  VitEncoder encoder_;
  compute::ops::LayerNorm final_norm_;
  compute::ops::Linear classifier_;
  std::optional<compute::ops::Linear> distillation_classifier_;
};

}  // namespace fovea::vision
