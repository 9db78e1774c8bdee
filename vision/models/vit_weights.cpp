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
  if (config_.detection_tokens > 0) {
    append(rows,
           checkpoint_.f32("embeddings.detection_tokens", {1, config_.detection_tokens, width}));
  }
  if (config_.class_token) append(rows, checkpoint_.f32("embeddings.cls_token", {1, 1, width}));
  if (config_.distillation_token) {
    append(rows, checkpoint_.f32("embeddings.distillation_token", {1, 1, width}));
  }
  if (config_.register_tokens > 0) {
    append(rows,
           checkpoint_.f32("embeddings.register_tokens", {1, config_.register_tokens, width}));
  }
  if (rows.empty()) return {};
  const auto count = static_cast<std::int64_t>(rows.size()) / width;
  return ops::upload_table(store_, "special_tokens", {count, width}, rows);
}

std::vector<float> VitWeights::stored_positions() const {
  const int rows = config_.positions_cover_prefix ? config_.tokens() : config_.patch_count();
  return checkpoint_.f32("embeddings.position_embeddings", {1, rows, config_.hidden_size});
}

std::vector<std::vector<float>> VitWeights::stored_mid_positions() const {
  if (!config_.mid_positions) return {};
  const int blocks = config_.layers - 1;
  const std::vector<float> all = checkpoint_.f32(
      "encoder.mid_position_embeddings", {blocks, 1, config_.tokens(), config_.hidden_size});
  std::vector<std::vector<float>> each;
  const auto size = static_cast<std::ptrdiff_t>(all.size()) / blocks;
  for (auto first = all.begin(); first != all.end(); first += size) {
    each.emplace_back(first, first + size);
  }
  return each;
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

GfnetBlock VitWeights::filter_block(int index) const {
  const std::string scope = fmt::format("encoder.layer.{}.", index);
  const std::int64_t rows = config_.grid_h(), columns = config_.grid_w();
  const std::vector<float> filter =
      checkpoint_.f32(scope + "filter.complex_weight",
                      {rows, columns / 2 + 1, std::int64_t{config_.hidden_size}, 2});
  GfnetBlock block;
  block.norm1 = layer_norm(scope, "layernorm_before");
  block.filter =
      ops::upload_global_filter(store_, "filter", rows, columns, config_.hidden_size, filter);
  block.norm2 = layer_norm(scope, "layernorm_after");
  block.fc1 = linear(scope, "intermediate.dense", config_.mlp_size, config_.hidden_size);
  block.fc2 = linear(scope, "output.dense", config_.hidden_size, config_.mlp_size);
  return block;
}

ops::LayerNorm VitWeights::final_norm() const {
  return layer_norm("", config_.final_norm_after_pool ? "fc_norm" : "layernorm");
}

ops::Linear VitWeights::classifier(const std::string& name) const {
  return linear("", name, static_cast<int>(config_.labels.size()), config_.hidden_size);
}

ops::Linear VitWeights::detection_heads(int layer) const {
  const std::int64_t width = config_.hidden_size;
  const auto classes = static_cast<std::int64_t>(config_.labels.size());
  const bool is_last = layer == 2;
  const std::int64_t in_features = layer == 0 ? width : 2 * width;
  std::vector<float> weight, bias;
  std::int64_t column = 0;  // where the head's own input begins
  for (const auto& [head, out_features] :
       {std::pair{"class_labels_classifier", is_last ? classes + 1 : width},
        {"bbox_predictor", is_last ? 4 : width}}) {
    const std::string name = fmt::format("{}.layers.{}", head, layer);
    const std::vector<float> own = checkpoint_.f32(name + ".weight", {out_features, width});
    for (auto row = own.begin(); row != own.end(); row += width) {
      weight.insert(weight.end(), static_cast<std::size_t>(column), 0.0f);
      weight.insert(weight.end(), row, row + width);
      weight.insert(weight.end(), static_cast<std::size_t>(in_features - width - column), 0.0f);
    }
    append(bias, checkpoint_.f32(name + ".bias", {out_features}));
    if (layer > 0) column = width;
  }
  return ops::upload_linear(device_, store_, fmt::format("detection_heads.{}", layer),
                            static_cast<std::int64_t>(bias.size()), in_features, weight, bias,
                            edge_precision_);
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

}  // namespace fovea::vision
