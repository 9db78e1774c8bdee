// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/tensor_names.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace fovea::vision {
namespace {

using Spelling = std::pair<std::string_view, std::string_view>;

// Inside one block; a longer spelling stands before one that is its beginning.
constexpr std::array<Spelling, 6> kTransformersV5{
    {{"attention.q_proj.", "attention.attention.query."},
     {"attention.k_proj.", "attention.attention.key."},
     {"attention.v_proj.", "attention.attention.value."},
     {"attention.o_proj.", "attention.output.dense."},
     {"mlp.fc1.", "intermediate.dense."},
     {"mlp.fc2.", "output.dense."}}};

constexpr std::array<Spelling, 7> kTimmBlock{{{"norm1.", "layernorm_before."},
                                              {"norm2.", "layernorm_after."},
                                              {"attn.proj.", "attention.output.dense."},
                                              {"mlp.fc1.", "intermediate.dense."},
                                              {"mlp.fc2.", "output.dense."},
                                              {"ls1.gamma", "layer_scale1"},
                                              {"ls2.gamma", "layer_scale2"}}};

constexpr std::array<Spelling, 6> kTimmModel{
    {{"cls_token", "embeddings.cls_token"},
     {"dist_token", "embeddings.distillation_token"},
     {"reg_token", "embeddings.register_tokens"},
     {"pos_embed", "embeddings.position_embeddings"},
     {"patch_embed.proj.", "embeddings.patch_embeddings.projection."},
     {"norm.", "layernorm."}}};

template <std::size_t N>
std::string respell(std::string_view name, const std::array<Spelling, N>& table) {
  for (const auto& [from, to] : table) {
    if (name.starts_with(from)) return std::string(to) + std::string(name.substr(from.size()));
  }
  return std::string(name);
}

/// "blocks.12.norm1.weight" with "blocks." -> {"12", "norm1.weight"}; empty when not a block.
std::optional<std::pair<std::string_view, std::string_view>> split_block(std::string_view name,
                                                                         std::string_view prefix) {
  if (!name.starts_with(prefix)) return {};
  name.remove_prefix(prefix.size());
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0 || name.find_first_not_of("0123456789") != dot) {
    return {};
  }
  return std::pair{name.substr(0, dot), name.substr(dot + 1)};
}

bool replace_suffix(std::string& name, std::string_view from, std::string_view to) {
  if (!name.ends_with(from)) return false;
  name.replace(name.size() - from.size(), from.size(), to);
  return true;
}

}  // namespace

std::optional<std::string> canonical_from_transformers(std::string_view stored) {
  std::string_view rest = stored;
  for (const std::string_view prefix : {"vit.", "deit."}) {
    if (rest.starts_with(prefix)) {
      rest.remove_prefix(prefix.size());
      break;
    }
  }
  if (rest.ends_with("position_ids") || rest.starts_with("pooler.dense.") ||
      rest == "embeddings.mask_token") {
    return {};
  }
  std::string name(rest);
  if (const auto block = split_block(rest, "layers.")) {
    name =
        fmt::format("encoder.layer.{}.{}", block->first, respell(block->second, kTransformersV5));
  } else if (const auto block_v4 = split_block(rest, "encoder.layer.")) {
    name = fmt::format("encoder.layer.{}.{}", block_v4->first,
                       respell(block_v4->second, kTransformersV5));
  }
  if (!replace_suffix(name, ".gamma", ".weight")) replace_suffix(name, ".beta", ".bias");
  return name;
}

std::string canonical_from_timm(std::string_view stored, bool distilled) {
  if (const auto block = split_block(stored, "blocks.")) {
    return fmt::format("encoder.layer.{}.{}", block->first, respell(block->second, kTimmBlock));
  }
  if (stored.starts_with("head.")) {
    return (distilled ? "cls_classifier." : "classifier.") + std::string(stored.substr(5));
  }
  if (stored.starts_with("head_dist.")) {
    return "distillation_classifier." + std::string(stored.substr(10));
  }
  return respell(stored, kTimmModel);
}

std::string timm_from_canonical(std::string_view canonical) {
  const auto spell_back = [](std::string_view name, const auto& table) {
    for (const auto& [to, from] : table) {
      if (name.starts_with(from)) return std::string(to) + std::string(name.substr(from.size()));
    }
    return std::string(name);
  };
  if (const auto block = split_block(canonical, "encoder.layer.")) {
    return fmt::format("blocks.{}.{}", block->first, spell_back(block->second, kTimmBlock));
  }
  if (canonical.starts_with("classifier.")) return "head." + std::string(canonical.substr(11));
  return spell_back(canonical, kTimmModel);
}

std::vector<NamedTensor> canonical_tensors(const WeightFiles& weights, const VitConfig& config) {
  constexpr std::string_view kFused = ".attn.qkv.";
  std::vector<NamedTensor> named;
  for (const StoredTensor& tensor : weights.tensors) {
    if (!config.has_timm_names()) {
      if (auto name = canonical_from_transformers(tensor.name)) {
        named.push_back({std::move(*name), tensor});
      }
      continue;
    }
    std::string name = canonical_from_timm(tensor.name, config.distillation_token);
    const std::size_t fused = name.find(kFused);
    if (fused == std::string::npos || tensor.shape.empty() || tensor.shape[0] % 3 != 0) {
      // timm spells the canonical fused name ".attn.qkv."; what cannot be split stays unknown.
      named.push_back({std::move(name), tensor});
      continue;
    }
    const std::int64_t rows = tensor.shape[0] / 3;
    const std::string block = name.substr(0, fused), kind = name.substr(fused + kFused.size());
    std::int64_t first = 0;
    for (const char* part : {"query", "key", "value"}) {
      named.push_back({fmt::format("{}.attention.attention.{}.{}", block, part, kind),
                       rows_of(tensor, first, rows)});
      first += rows;
    }
  }
  return named;
}

std::vector<ExpectedTensor> expected_tensors(const VitConfig& config) {
  const std::int64_t width = config.hidden_size, mlp = config.mlp_size;
  const std::int64_t classes = static_cast<std::int64_t>(config.labels.size());
  std::vector<ExpectedTensor> expected;
  const auto linear = [&](const std::string& name, std::int64_t out, std::int64_t in, bool bias) {
    expected.push_back({name + ".weight", {out, in}});
    if (bias) expected.push_back({name + ".bias", {out}});
  };
  const auto norm = [&](const std::string& name) {
    expected.push_back({name + ".weight", {width}});
    expected.push_back({name + ".bias", {width}});
  };

  if (config.class_token) expected.push_back({"embeddings.cls_token", {1, 1, width}});
  if (config.distillation_token) {
    expected.push_back({"embeddings.distillation_token", {1, 1, width}});
  }
  if (config.register_tokens > 0) {
    expected.push_back({"embeddings.register_tokens", {1, config.register_tokens, width}});
  }
  if (config.detection_tokens > 0) {
    expected.push_back({"embeddings.detection_tokens", {1, config.detection_tokens, width}});
  }
  const std::int64_t positions =
      config.positions_cover_prefix ? config.tokens() : config.patch_count();
  expected.push_back({"embeddings.position_embeddings", {1, positions, width}});
  expected.push_back({"embeddings.patch_embeddings.projection.weight",
                      {width, config.channels, config.patch_h, config.patch_w}});
  expected.push_back({"embeddings.patch_embeddings.projection.bias", {width}});

  for (int i = 0; i < config.layers; ++i) {
    const std::string block = fmt::format("encoder.layer.{}.", i);
    norm(block + "layernorm_before");
    if (config.global_filters) {
      expected.push_back(
          {block + "filter.complex_weight", {config.grid_h(), config.grid_w() / 2 + 1, width, 2}});
    } else {
      for (const char* part : {"query", "key", "value"}) {
        linear(block + "attention.attention." + part, width, width, config.qkv_bias);
      }
      linear(block + "attention.output.dense", width, width, true);
    }
    if (config.layer_scale) expected.push_back({block + "layer_scale1", {width}});
    norm(block + "layernorm_after");
    linear(block + "intermediate.dense", mlp, width, true);
    linear(block + "output.dense", width, mlp, true);
    if (config.layer_scale) expected.push_back({block + "layer_scale2", {width}});
  }

  if (config.mid_positions) {
    expected.push_back(
        {"encoder.mid_position_embeddings", {config.layers - 1, 1, config.tokens(), width}});
  }
  norm(config.final_norm_after_pool ? "fc_norm" : "layernorm");
  switch (config.pooling) {
    case Pooling::cls_and_distilled:
      linear("cls_classifier", classes, width, true);
      linear("distillation_classifier", classes, width, true);
      break;
    case Pooling::detections:
      for (const auto& [head, outputs] :
           {std::pair{"class_labels_classifier", classes + 1}, {"bbox_predictor", 4}}) {
        linear(fmt::format("{}.layers.0", head), width, width, true);
        linear(fmt::format("{}.layers.1", head), width, width, true);
        linear(fmt::format("{}.layers.2", head), outputs, width, true);
      }
      break;
    case Pooling::cls:
    case Pooling::mean_patches:
      linear("classifier", classes, width, true);
      break;
  }
  return expected;
}

}  // namespace fovea::vision
