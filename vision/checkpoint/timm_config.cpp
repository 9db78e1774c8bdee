// SPDX-License-Identifier: Apache-2.0
// timm's config.json names the architecture; widths, depth and options are read from the
// tensors. Only the number of heads cannot be: it comes from timm's own definitions.

#include <array>
#include <cstdint>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "vision/checkpoint/json_file.hpp"
#include "vision/checkpoint/model_config.hpp"

namespace fovea::vision {
namespace {

using compute::ops::Activation;
using nlohmann::json;

struct KnownArchitecture {
  std::string_view prefix;
  int heads;
  Activation activation = Activation::gelu;
};

// timm/models/vision_transformer.py and deit.py, 1.0; the longest prefix decides.
constexpr std::array<KnownArchitecture, 32> kArchitectures{
    {{"deit3_base_", 12},
     {"deit3_huge_", 16},
     {"deit3_large_", 16},
     {"deit3_medium_", 8},
     {"deit3_small_", 6},
     {"deit_base_", 12},
     {"deit_small_", 6},
     {"deit_tiny_", 3},
     {"flexivit_base", 12},
     {"flexivit_large", 16},
     {"flexivit_small", 6},
     {"test_vit", 2},
     {"vit_base_patch", 12},
     {"vit_base_patch16_gap_", 16},
     {"vit_base_patch16_plus_", 14},
     {"vit_base_patch32_plus_", 14},
     {"vit_base_patch32_siglip_gap_", 12, Activation::gelu_tanh},
     {"vit_betwixt_patch", 10},
     {"vit_giant_patch", 16},
     {"vit_giantopt_patch16_siglip_gap_", 16, Activation::gelu_tanh},
     {"vit_gigantic_patch", 16},
     {"vit_huge_patch", 16},
     {"vit_large_patch", 16},
     {"vit_little_patch", 5},
     {"vit_medium_patch", 8},
     {"vit_mediumd_patch", 8},
     {"vit_small_patch", 6},
     {"vit_so150m2_patch", 13},
     {"vit_so150m_patch", 14},
     {"vit_so400m_patch14_siglip_gap_", 16},
     {"vit_tiny_patch", 3},
     {"vit_wee_patch", 4}}};

// Named parts of other timm models: tensors that tell what a model is, in plain words.
struct ForeignTensor {
  std::string_view prefix, meaning;
};
constexpr std::array<ForeignTensor, 5> kForeign{
    {{"attn_pool.", "attention pooling (global_pool 'map')"},
     {"norm_pre.", "a norm before the blocks (CLIP)"},
     {"patch_embed.backbone.", "a convolutional stem (hybrid)"},
     {"rope", "rotary positions"},
     {"blocks.0.attn.q_norm.", "normalised queries and keys"}}};

constexpr std::string_view kFix =
    "use a plain timm ViT or DeiT, such as vit_tiny_patch16_224 or "
    "deit_small_distilled_patch16_224";

[[noreturn]] void refuse(const std::string& what, const std::string& where) {
  throw ModelError(what, where, std::string(kFix));
}

/// nullptr when it is none of the table.
const KnownArchitecture* find_architecture(const std::string& name) {
  const KnownArchitecture* best = nullptr;
  // Residual post-norm blocks and rotary positions use a plain ViT's names for another formula.
  const bool foreign =
      name.find("_rpn_") != std::string::npos || name.find("_rope_") != std::string::npos;
  for (const KnownArchitecture& known : kArchitectures) {
    if (!foreign && name.starts_with(known.prefix) &&
        (best == nullptr || known.prefix.size() > best->prefix.size())) {
      best = &known;
    }
  }
  return best;
}

/// model_args overrides the architecture's definition; only what is honoured is let through.
json model_args_of(const json& config, const std::string& where) {
  const auto args = config.find("model_args");
  if (args == config.end() || args->is_null()) return json::object();
  if (!args->is_object()) refuse("'model_args' is not an object", where);
  // Those read here, those the tensors' shapes answer, and those that only concern training.
  static const std::set<std::string> kUnderstood{
      "attn_drop_rate",  "class_token", "depth",           "drop_path_rate", "drop_rate",
      "embed_dim",       "fc_norm",     "global_pool",     "img_size",       "in_chans",
      "init_values",     "mlp_ratio",   "no_embed_class",  "num_classes",    "num_heads",
      "patch_drop_rate", "patch_size",  "pos_drop_rate",   "proj_drop_rate", "qkv_bias",
      "reg_tokens",      "weight_init", "dynamic_img_size"};
  for (const auto& [key, value] : args->items()) {
    if (!kUnderstood.contains(key)) {
      refuse(fmt::format("timm model argument '{}' is not supported", key), where);
    }
  }
  return *args;
}

const StoredTensor& required(const WeightFiles& weights, std::string_view name, std::size_t rank) {
  const StoredTensor* tensor = weights.find(name);
  if (tensor == nullptr) {
    throw ModelError(fmt::format("tensor '{}' is missing", name), weights.path.string(),
                     std::string(kFix));
  }
  if (tensor->shape.size() != rank) {
    throw ModelError(
        fmt::format("tensor '{}' is {}, expected {} axes", name, shape_text(tensor->shape), rank),
        weights.path.string(), std::string(kFix));
  }
  return *tensor;
}

int bounded(std::int64_t size, std::string_view what, const WeightFiles& weights) {
  constexpr std::int64_t kMax = 1 << 18;
  if (size < 1 || size > kMax) {
    throw ModelError(fmt::format("{} is {}, expected 1 to {}", what, size, kMax),
                     weights.path.string(), std::string(kFix));
  }
  return static_cast<int>(size);
}

int count_blocks(const WeightFiles& weights) {
  int layers = 0;
  while (weights.find(fmt::format("blocks.{}.norm1.weight", layers)) != nullptr) ++layers;
  return layers;
}

void read_image_size(VitConfig& out, const json& config, const json& args,
                     const std::string& where) {
  const auto pretrained = config.find("pretrained_cfg");
  json size = json::array({3, 224, 224});
  if (pretrained != config.end() && pretrained->is_object()) {
    size = pretrained->value("input_size", size);
  }
  if (const auto img = args.find("img_size"); img != args.end() && !img->is_null()) {
    size = img->is_array() && img->size() == 2 ? json::array({3, (*img)[0], (*img)[1]})
                                               : json::array({3, *img, *img});
  }
  if (!size.is_array() || size.size() != 3) refuse("'input_size' is not [3, height, width]", where);
  const json named{{"channels", size[0]}, {"height", size[1]}, {"width", size[2]}};
  integer_or(named, "channels", 3, 3, 3, where);
  out.image_h = static_cast<int>(integer_or(named, "height", 224, 1, 1 << 14, where));
  out.image_w = static_cast<int>(integer_or(named, "width", 224, 1, 1 << 14, where));
}

std::vector<std::string> timm_labels(const json& config, std::int64_t classes,
                                     const std::string& where) {
  std::vector<std::string> labels;
  for (std::int64_t i = 0; i < classes; ++i) labels.push_back(fmt::format("LABEL_{}", i));
  const auto names = config.find("label_names");
  if (names == config.end() || names->is_null()) return labels;
  const auto put = [&](std::size_t id, const json& name) {
    if (id >= labels.size()) {
      refuse(fmt::format("'label_names' names class {} of {}", id, classes), where);
    }
    labels[id] = name.is_string() ? name.get<std::string>()
                                  : name.dump(-1, ' ', false, json::error_handler_t::replace);
    const auto texts = config.find("label_descriptions");
    if (texts != config.end() && texts->is_object()) {
      const auto text = texts->find(labels[id]);
      if (text != texts->end() && text->is_string()) labels[id] = text->get<std::string>();
    }
  };
  if (names->is_array()) {
    for (std::size_t i = 0; i < names->size(); ++i) put(i, (*names)[i]);
  } else if (names->is_object()) {
    for (const auto& [key, name] : names->items()) {
      const bool number = !key.empty() && key.size() <= 7 &&
                          key.find_first_not_of("0123456789") == std::string::npos;
      if (!number) refuse(fmt::format("'label_names' has the key '{}'", key), where);
      put(std::stoul(key), name);
    }
  }
  return labels;
}

}  // namespace

bool is_supported_timm(const std::string& architecture) {
  return find_architecture(architecture) != nullptr;
}

VitConfig timm_config(const json& config, const WeightFiles& weights, const std::string& where) {
  VitConfig out;
  out.family = "timm";
  out.architecture = string_or(config, "architecture", "", where);
  const KnownArchitecture* known = find_architecture(out.architecture);
  if (known == nullptr) {
    refuse(fmt::format("timm architecture '{}' is not supported", out.architecture), where);
  }
  for (const StoredTensor& tensor : weights.tensors) {
    for (const ForeignTensor& foreign : kForeign) {
      if (tensor.name.starts_with(foreign.prefix)) {
        refuse(fmt::format("timm architecture '{}' is not supported: {} ('{}')", out.architecture,
                           foreign.meaning, tensor.name),
               where);
      }
    }
  }
  if (weights.find("blocks.0.norm1.weight") != nullptr &&
      weights.find("blocks.0.norm1.bias") == nullptr) {
    refuse(fmt::format("timm architecture '{}' is not supported: norms without bias (RMSNorm)",
                       out.architecture),
           where);
  }
  const json args = model_args_of(config, where);
  if (weights.find("head.weight") == nullptr) {
    throw ModelError(fmt::format("{} has no classifier head; feature mode is not part of this "
                                 "version",
                                 out.architecture),
                     where, "use a checkpoint with a head, such as one fine-tuned on ImageNet");
  }

  const StoredTensor& patch = required(weights, "patch_embed.proj.weight", 4);
  out.hidden_size = bounded(patch.shape[0], "the width of patch_embed.proj", weights);
  out.channels = bounded(patch.shape[1], "the channels of patch_embed.proj", weights);
  out.patch_h = bounded(patch.shape[2], "the patch height", weights);
  out.patch_w = bounded(patch.shape[3], "the patch width", weights);
  out.layers = count_blocks(weights);
  out.mlp_size =
      bounded(required(weights, "blocks.0.mlp.fc1.weight", 2).shape[0], "the MLP width", weights);
  out.heads = static_cast<int>(integer_or(args, "num_heads", known->heads, 1, 1 << 12, where));
  if (out.hidden_size % out.heads != 0 || out.channels != 3) {
    refuse(fmt::format("{} channels in {} heads over {} colour channels", out.hidden_size,
                       out.heads, out.channels),
           where);
  }
  out.activation = known->activation;
  out.layer_norm_epsilon = 1e-6f;
  out.position_resampling = PositionResampling::bicubic_antialias;
  out.qkv_bias = weights.find("blocks.0.attn.qkv.bias") != nullptr;
  out.layer_scale = weights.find("blocks.0.ls1.gamma") != nullptr;
  out.class_token = weights.find("cls_token") != nullptr;
  out.distillation_token = weights.find("dist_token") != nullptr;
  if (weights.find("reg_token") != nullptr) {
    out.register_tokens =
        bounded(required(weights, "reg_token", 3).shape[1], "the register tokens", weights);
  }
  read_image_size(out, config, args, where);
  if (out.patch_h > out.image_h || out.patch_w > out.image_w) {
    refuse(fmt::format("patches of {}x{} do not fit into an image of {}x{}", out.patch_h,
                       out.patch_w, out.image_h, out.image_w),
           where);
  }
  const std::int64_t positions = required(weights, "pos_embed", 3).shape[1];
  out.positions_cover_prefix = positions != out.patch_count() || out.prefix_tokens() == 0;

  out.final_norm_after_pool = weights.find("fc_norm.weight") != nullptr;
  const std::string default_pool = out.class_token && !out.final_norm_after_pool ? "token" : "avg";
  const std::string pool =
      string_or(args, "global_pool", string_or(config, "global_pool", default_pool, where), where);
  if (pool == "avg" && !out.distillation_token) {
    out.pooling = Pooling::mean_patches;
  } else if (pool == "token" && out.class_token && !out.final_norm_after_pool) {
    out.pooling = out.distillation_token ? Pooling::cls_and_distilled : Pooling::cls;
  } else {
    refuse(fmt::format("global_pool '{}' of this timm model is not supported", pool), where);
  }
  const std::int64_t classes =
      bounded(required(weights, "head.weight", 2).shape[0], "the number of classes", weights);
  integer_or(config, "num_classes", classes, classes, classes, where);
  out.labels = timm_labels(config, classes, where);
  return out;
}

}  // namespace fovea::vision
