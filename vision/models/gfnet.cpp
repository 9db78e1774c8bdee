// SPDX-License-Identifier: Apache-2.0
#include "vision/models/gfnet.hpp"

#include <cassert>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "vision/models/patch_embeddings.hpp"
#include "vision/models/vit_weights.hpp"

namespace fovea::vision {

namespace ops = compute::ops;
using compute::ProgramBuilder;
using compute::Tensor;

namespace {

/// x [B, T, C] -> [B, T, C]. One residual around both halves, where a ViT has two.
Tensor gfnet_block(ProgramBuilder& p, const GfnetBlock& w, const Tensor& x,
                   ops::Activation activation) {
  Tensor y = ops::layer_norm(p, x, w.norm1);
  y = ops::global_filter(p, y, w.filter);
  y = ops::norm_linear(p, y, w.norm2, w.fc1, activation);
  return ops::linear_add(p, y, w.fc2, x);
}

}  // namespace

GfnetModel::GfnetModel(compute::Device& device, compute::ConstantStore& store,
                       const Checkpoint& checkpoint, ops::Precision precision)
    : GfnetModel(VitWeights(device, store, checkpoint, precision)) {}

GfnetModel::GfnetModel(const VitWeights& weights)
    : config_(weights.config()),
      patch_embed_(weights.patch_projection()),
      pos_embed_(weights.stored_positions()),
      norm_(weights.final_norm()),
      head_(weights.classifier("classifier")) {
  for (int i = 0; i < config_.layers; ++i) blocks_.push_back(weights.filter_block(i));
}

Positions GfnetModel::positions(compute::ConstantStore& store, InputSize size) const {
  if (size.h != config_.image_h || size.w != config_.image_w) {
    throw ModelError(
        fmt::format("a picture of {}x{} pixels (height x width) for filters of {}x{} patches",
                    size.h, size.w, config_.grid_h(), config_.grid_w()),
        "the model's input",
        fmt::format("correct the sizes in preprocessor_config.json to {}x{}", config_.image_h,
                    config_.image_w));
  }
  return {size,
          ops::upload_table(store, "pos_embed", {config_.patch_count(), config_.hidden_size},
                            pos_embed_),
          {}};
}

Tensor GfnetModel::forward(ProgramBuilder& p, const VitInput& pictures, const Positions& positions,
                           VitTaps taps, [[maybe_unused]] const VitExtras& extras) const {
  assert(extras.qkv == nullptr && extras.kept == nullptr);
  check_pictures(pictures, positions.size, "GfnetModel::forward");
  Tensor x = patch_embeddings(p, pictures, config_, patch_embed_, {}, positions.embeddings);
  if (taps == VitTaps::blocks) p.output("embeddings", x);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    {
      const auto scope = p.scope(fmt::format("blocks.{}", i));
      x = gfnet_block(p, blocks_[i], x, config_.activation);
    }
    if (taps == VitTaps::blocks) p.output(fmt::format("block.{}", i), x);
  }
  Tensor y = ops::layer_norm(p, x, norm_);
  y = ops::mean_tokens(p, y, 0);
  return ops::linear(p, y, head_);
}

}  // namespace fovea::vision
