// SPDX-License-Identifier: Apache-2.0
#include "vision/models/vit_encoder.hpp"

#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "compute/ops/attention_maps.hpp"
#include "compute/parallel.hpp"
#include "vision/models/patch_embeddings.hpp"
#include "vision/models/positions.hpp"
#include "vision/models/vit_weights.hpp"

namespace fovea::vision {

namespace ops = compute::ops;
using compute::ProgramBuilder;
using compute::Shape;
using compute::Tensor;

namespace {

/// x [B, T, C] -> [B, Q, C]: the rows of the first Q tokens, `queries`; 0 means all. Every row
/// attends to all tokens, so a row is the same whether or not the others are computed. `qkv`, where
/// there is one, gets what attention is computed of.
Tensor vit_block(ProgramBuilder& p, const VitBlock& w, Tensor x, const VitConfig& config,
                 std::int64_t queries, std::vector<Tensor>* qkv) {
  Tensor y = ops::norm_linear(p, x, w.layernorm_before, w.attention_qkv);
  if (qkv != nullptr) qkv->push_back(y);
  y = ops::attention(p, y, config.heads, w.attention_qkv.precision, queries);
  if (queries > 0) x = ops::first_tokens(p, x, queries);
  x = ops::linear_add(p, y, w.attention_output, x);

  y = ops::norm_linear(p, x, w.layernorm_after, w.intermediate, config.activation);
  return ops::linear_add(p, y, w.output, x);
}

}  // namespace

VitEncoder::VitEncoder(const VitWeights& weights)
    : config_(weights.config()),
      patch_projection_(weights.patch_projection()),
      special_tokens_(weights.special_tokens()),
      layers_(static_cast<std::size_t>(config_.layers)),
      stored_positions_(weights.stored_positions()),
      stored_mid_positions_(weights.stored_mid_positions()) {
  compute::parallel_for(layers_.size(),
                        [&](std::size_t i) { layers_[i] = weights.block(static_cast<int>(i)); });
}

Positions VitEncoder::positions(compute::ConstantStore& store, InputSize size) const {
  const PatchGrid grid{size.h / config_.patch_h, size.w / config_.patch_w};
  if (grid.count() == 0) {
    throw ModelError(
        fmt::format("a picture of {}x{} pixels (height x width) holds no patch of {}x{}", size.h,
                    size.w, config_.patch_h, config_.patch_w),
        "the model's input", "correct the sizes in preprocessor_config.json");
  }
  const Shape shape{config_.prefix_tokens() + config_.detection_tokens + grid.count(),
                    config_.hidden_size};
  const auto upload = [&](const char* name, const std::vector<float>& stored) {
    return ops::upload_table(store, name, shape, sequence_positions(config_, stored, grid));
  };
  Positions positions{size, upload("position_embeddings", stored_positions_), {}};
  positions.after_blocks.resize(stored_mid_positions_.size());
  compute::parallel_for(stored_mid_positions_.size(), [&](std::size_t i) {
    positions.after_blocks[i] = upload("mid_position_embeddings", stored_mid_positions_[i]);
  });
  return positions;
}

Tensor VitEncoder::forward(ProgramBuilder& p, const VitInput& pictures, const Positions& positions,
                           VitTaps taps, std::int64_t queries, const VitExtras& extras) const {
  check_pictures(pictures, positions.size, "VitEncoder::forward");
  Tensor x = patch_embeddings(p, pictures, config_, patch_projection_, special_tokens_,
                              positions.embeddings);
  if (taps == VitTaps::blocks) p.output("embeddings", x);
  if (extras.kept != nullptr) x = ops::gather_tokens(p, x, *extras.kept);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const bool only_queries = i + 1 == layers_.size() && taps == VitTaps::none;
    {
      const auto scope = p.scope(fmt::format("encoder.layer.{}", i));
      x = vit_block(p, layers_[i], x, config_, only_queries ? queries : 0, extras.qkv);
    }
    if (taps == VitTaps::blocks) p.output(fmt::format("block.{}", i), x);
    if (i < positions.after_blocks.size()) {
      const auto scope = p.scope("encoder");
      x = ops::tokens(p, x, {}, positions.after_blocks[i]);
    }
  }
  return x;
}

}  // namespace fovea::vision
