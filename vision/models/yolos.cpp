// SPDX-License-Identifier: Apache-2.0
#include "vision/models/yolos.hpp"

#include "vision/models/vit_weights.hpp"

namespace fovea::vision {

namespace ops = compute::ops;
using compute::ProgramBuilder;
using compute::Tensor;

YolosModel::YolosModel(compute::Device& device, compute::ConstantStore& store,
                       const Checkpoint& checkpoint, ops::Precision precision)
    : YolosModel(VitWeights(device, store, checkpoint, precision)) {}

YolosModel::YolosModel(const VitWeights& weights)
    : encoder_(weights),
      final_norm_(weights.final_norm()),
      heads_{weights.detection_heads(0), weights.detection_heads(1), weights.detection_heads(2)} {}

std::int64_t YolosModel::answer_length() const noexcept {
  return config().detection_tokens * heads_.back().out_features;
}

Tensor YolosModel::forward(ProgramBuilder& p, const VitInput& pictures, const Positions& positions,
                           VitTaps taps, const VitExtras& extras) const {
  Tensor x = encoder_.forward(p, pictures, positions, taps, config().detection_tokens, extras);
  // All tokens are there when all are looked at.
  if (taps == VitTaps::blocks) x = ops::first_tokens(p, x, config().detection_tokens);

  Tensor y = ops::norm_linear(p, x, final_norm_, heads_[0], ops::Activation::relu);
  y = ops::linear(p, y, heads_[1], ops::Activation::relu);
  return ops::linear(p, y, heads_[2]);
}

}  // namespace fovea::vision
