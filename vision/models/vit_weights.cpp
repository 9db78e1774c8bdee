// SPDX-License-Identifier: Apache-2.0
#include "vision/models/vit_weights.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace fovea::vision {

namespace ops = compute::ops;

namespace {

void append(std::vector<float>& to, const std::vector<float>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

VitWeights::VitWeights(compute::Device& device, compute::ConstantStore& store,
                       const Checkpoint& checkpoint, ops::Precision precision)
    : device_(device),
      store_(store),
      checkpoint_(checkpoint),
      config_(checkpoint.config()),
      precision_(precision),
      edge_precision_(precision == ops::Precision::int8 ? ops::Precision::fp32 : precision) {}

ops::Linear VitWeights::patch_projection() const {
  const std::string name = "embeddings.patch_embeddings.projection";
  const std::int64_t width = config_.hidden_size;
  const std::vector<float> weight = checkpoint_.f32(
      name + ".weight", {width, config_.channels, config_.patch_h, config_.patch_w});
  const std::vector<float> bias = checkpoint_.f32(name + ".bias", {width});
  return ops::upload_linear(device_, store_, "patch_embeddings.projection", width,
                            std::int64_t{config_.channels} * config_.patch_h * config_.patch_w,
                            weight, bias, edge_precision_);
}

ops::Table VitWeights::special_tokens() const {
  const std::int64_t width = config_.hidden_size;
  std::vector<float> rows;
  if (config_.class_token) append(rows, checkpoint_.f32("embeddings.cls_token", {1, 1, width}));
  if (config_.distillation_token) {
    append(rows, checkpoint_.f32("embeddings.distillation_token", {1, 1, width}));
  }
  if (config_.register_tokens > 0) {
    append(rows,
           checkpoint_.f32("embeddings.register_tokens", {1, config_.register_tokens, width}));
  }
  if (rows.empty()) return {};
  return ops::upload_table(store_, "special_tokens", {config_.prefix_tokens(), width}, rows);
}

ops::Table VitWeights::positions(PatchGrid grid) const {
  return ops::upload_table(store_, "position_embeddings",
                           {config_.prefix_tokens() + grid.count(), config_.hidden_size},
                           sequence_positions(checkpoint_, grid));
}

VitBlock VitWeights::block(int index) const {
  const std::string scope = fmt::format("encoder.layer.{}.", index);
  const int width = config_.hidden_size;
  VitBlock block;
  block.layernorm_before = layer_norm(scope, "layernorm_before");
  block.attention_qkv = joined_qkv(scope);
  block.attention_output =
      linear(scope, "attention.output.dense", width, width, scope + "layer_scale1");
  block.layernorm_after = layer_norm(scope, "layernorm_after");
  block.intermediate = linear(scope, "intermediate.dense", config_.mlp_size, width);
  block.output = linear(scope, "output.dense", width, config_.mlp_size, scope + "layer_scale2");
  return block;
}

ops::LayerNorm VitWeights::final_norm() const {
  return layer_norm("", config_.final_norm_after_pool ? "fc_norm" : "layernorm");
}

ops::Linear VitWeights::classifier(const std::string& name) const {
  return linear("", name, static_cast<int>(config_.labels.size()), config_.hidden_size);
}

/// LayerScale's factor per output channel, s * (W x + b), is folded in: (s W) x + s b. That
/// rounds each weight once more, by 2^-24 of its size, less than the product's own f32 sums do.
/// With fp16 storage s W may fall below f16's normal range (6e-5); what is lost there is at most
/// 3e-8 of |x| per weight, in a term added to a residual that is not scaled down. int8 has a scale
/// for each row, which s only multiplies.
ops::Linear VitWeights::linear(const std::string& scope, const std::string& name, int out_features,
                               int in_features, const std::string& layer_scale) const {
  std::vector<float> weight =
      checkpoint_.f32(scope + name + ".weight", {out_features, in_features});
  std::vector<float> bias = checkpoint_.f32(scope + name + ".bias", {out_features});
  if (config_.layer_scale && !layer_scale.empty()) {
    const std::vector<float> scale = checkpoint_.f32(layer_scale, {out_features});
    for (std::size_t i = 0; i < weight.size(); ++i) {
      weight[i] *= scale[i / static_cast<std::size_t>(in_features)];
    }
    for (std::size_t i = 0; i < bias.size(); ++i) bias[i] *= scale[i];
  }
  return ops::upload_linear(device_, store_, name, out_features, in_features, weight, bias,
                            scope.empty() ? edge_precision_ : precision_);
}

ops::Linear VitWeights::joined_qkv(const std::string& scope) const {
  const std::int64_t width = config_.hidden_size;
  std::vector<float> weight, bias;
  for (std::string_view part : {"query", "key", "value"}) {
    const std::string name = fmt::format("{}attention.attention.{}", scope, part);
    append(weight, checkpoint_.f32(name + ".weight", {width, width}));
    if (config_.qkv_bias) append(bias, checkpoint_.f32(name + ".bias", {width}));
  }
  return ops::upload_linear(device_, store_, "attention.qkv", 3 * width, width, weight, bias,
                            precision_);
}

ops::LayerNorm VitWeights::layer_norm(const std::string& scope, const std::string& name) const {
  const std::vector<float> gamma = checkpoint_.f32(scope + name + ".weight", {config_.hidden_size});
  const std::vector<float> beta = checkpoint_.f32(scope + name + ".bias", {config_.hidden_size});
  return ops::upload_layer_norm(store_, name, gamma, beta, config_.layer_norm_epsilon);
}

std::vector<float> sequence_positions(const Checkpoint& checkpoint, PatchGrid grid) {
  const VitConfig& config = checkpoint.config();
  const auto width = static_cast<std::size_t>(config.hidden_size);
  const auto prefix = static_cast<std::size_t>(config.prefix_tokens());
  const int stored_rows = config.positions_cover_prefix ? config.tokens() : config.patch_count();
  const std::vector<float> stored =
      checkpoint.f32("embeddings.position_embeddings", {1, stored_rows, config.hidden_size});

  const std::size_t stored_prefix = config.positions_cover_prefix ? prefix : 0;
  const auto patches = std::span(stored).subspan(stored_prefix * width);
  std::vector<float> positions(prefix * width, 0.0f);
  std::copy_n(stored.begin(), stored_prefix * width, positions.begin());
  const PatchGrid own{config.grid_h(), config.grid_w()};
  if (grid == own) {
    positions.insert(positions.end(), patches.begin(), patches.end());
  } else {
    append(positions,
           resample_positions(patches, own, grid, config.hidden_size, config.position_resampling));
  }
  return positions;
}

}  // namespace fovea::vision
