// SPDX-License-Identifier: Apache-2.0
#include "vision/models/vit.hpp"

#include "vision/models/vit_weights.hpp"

namespace fovea::vision {

namespace ops = compute::ops;
using compute::ProgramBuilder;
using compute::Tensor;

namespace {

/// How many of the last block's first rows the head reads; 0 means all.
std::int64_t rows_read(Pooling pooling) {
  switch (pooling) {
    case Pooling::cls:
      return 1;
    case Pooling::cls_and_distilled:
      return 2;
    case Pooling::mean_patches:
    case Pooling::detections:  // not of this model
      return 0;
  }
  return 0;
}

}  // namespace

VitModel::VitModel(compute::Device& device, compute::ConstantStore& store,
                   const Checkpoint& checkpoint, ops::Precision precision)
    : VitModel(VitWeights(device, store, checkpoint, precision)) {}

VitModel::VitModel(const VitWeights& weights)
    : encoder_(weights), final_norm_(weights.final_norm()) {
  if (config().pooling == Pooling::cls_and_distilled) {
    classifier_ = weights.classifier("cls_classifier");
    distillation_classifier_ = weights.classifier("distillation_classifier");
  } else {
    classifier_ = weights.classifier("classifier");
  }
}

Tensor VitModel::forward(ProgramBuilder& p, const VitInput& pictures, const Positions& positions,
                         VitTaps taps, const VitExtras& extras) const {
  return head(p,
              encoder_.forward(p, pictures, positions, taps, rows_read(config().pooling), extras));
}

/// x [B, T, C] -> logits [B, classes]. LayerNorm works row by row, so normalising only the rows
/// that the head reads gives the same numbers as normalising all of them first.
Tensor VitModel::head(ProgramBuilder& p, const Tensor& x) const {
  const auto read_token = [&](std::int64_t token, const ops::Linear& classifier) {
    Tensor y = ops::select_token(p, x, token);
    y = ops::layer_norm(p, y, final_norm_);
    return ops::linear(p, y, classifier);
  };
  switch (config().pooling) {
    case Pooling::cls:
      return read_token(0, classifier_);
    case Pooling::cls_and_distilled: {
      const Tensor taught_by_labels = read_token(0, classifier_);
      const Tensor taught_by_teacher = read_token(1, *distillation_classifier_);
      return ops::average(p, taught_by_labels, taught_by_teacher);
    }
    case Pooling::mean_patches:
    case Pooling::detections:  // not of this model
      break;
  }
  const std::int64_t first_patch = config().prefix_tokens();
  Tensor y = x;
  if (config().final_norm_after_pool) {
    y = ops::mean_tokens(p, y, first_patch);
    y = ops::layer_norm(p, y, final_norm_);
  } else {
    y = ops::layer_norm(p, y, final_norm_);
    y = ops::mean_tokens(p, y, first_patch);
  }
  return ops::linear(p, y, classifier_);
}

}  // namespace fovea::vision
