// SPDX-License-Identifier: Apache-2.0
#pragma once
// YOLOS, "You Only Look at One Sequence" (Fang et al. 2021, arXiv:2106.00666): the vision
// transformer with detection tokens, each of which answers with a class and a box. Named as
// transformers' checkpoints name it.
//
// The sequence is [detection tokens, CLS, patches], where the checkpoint's is [CLS, patches,
// detection tokens]: attention does not know the order of its tokens, each keeps its own position
// embedding, and those that the heads read stand in front, where the last block can compute them
// alone. Thread rule: immutable after construction; forward() may be called from any thread.

#include <array>
#include <cstdint>

#include "vision/models/model.hpp"
#include "vision/models/vit_encoder.hpp"

namespace fovea::vision {

class YolosModel final : public Model {
 public:
  /// Uploads the weights. Requires: as make_model().
  YolosModel(compute::Device& device, compute::ConstantStore& store, const Checkpoint& checkpoint,
             compute::ops::Precision precision);

  const VitConfig& config() const noexcept override { return encoder_.config(); }
  std::int64_t answer_length() const noexcept override;
  Positions positions(compute::ConstantStore& store, InputSize size) const override {
    return encoder_.positions(store, size);
  }
  /// pictures -> [B, detection tokens, classes + 1 + 4]: the logits of the classes and of "no
  /// object", then the box (centre x, y, width, height) before its sigmoid. For
  /// detected_objects() (vision/detect.hpp).
  compute::Tensor forward(compute::ProgramBuilder& p, const VitInput& pictures,
                          const Positions& positions, VitTaps taps = VitTaps::none,
                          const VitExtras& extras = {}) const override;

 private:
  explicit YolosModel(const VitWeights& weights);

  VitEncoder encoder_;
  compute::ops::LayerNorm final_norm_;
  std::array<compute::ops::Linear, 3> heads_;  // class_labels_classifier beside bbox_predictor
};

}  // namespace fovea::vision
