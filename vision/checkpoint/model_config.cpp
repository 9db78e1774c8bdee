// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/model_config.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "vision/checkpoint/json_file.hpp"
#include "vision/checkpoint/tensor_names.hpp"

namespace fovea::vision {
namespace {

using compute::ops::Activation;
using nlohmann::json;

// Far above any model there is, far below where products of them overflow.
constexpr std::int64_t kMaxWidth = 1 << 16, kMaxLayers = 1 << 10, kMaxImage = 1 << 14;
constexpr std::int64_t kMaxDetections = 1 << 12;
constexpr std::size_t kMaxClasses = 1 << 20;

struct ActivationName {
  std::string_view name;
  Activation activation;
};

// transformers' activations.py; its four tanh spellings are one formula.
constexpr std::array<ActivationName, 6> kActivations{{{"gelu", Activation::gelu},
                                                      {"gelu_new", Activation::gelu_tanh},
                                                      {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                                      {"gelu_accurate", Activation::gelu_tanh},
                                                      {"gelu_fast", Activation::gelu_tanh},
                                                      {"quick_gelu", Activation::gelu_quick}}};

Activation activation_named(const std::string& name, const std::string& where) {
  for (const auto& known : kActivations) {
    if (known.name == name) return known.activation;
  }
  std::string names;
  for (const auto& known : kActivations) {
    names += (names.empty() ? "" : ", ") + std::string(known.name);
  }
  throw ModelError(fmt::format("hidden_act '{}' is not supported", name), where,
                   "use a model with one of: " + names);
}

/// An int or [h, w], as image_size and patch_size are written.
std::pair<int, int> edges(const json& config, const char* key, std::pair<int, int> fallback,
                          const std::string& where) {
  const auto at = config.find(key);
  if (at == config.end() || at->is_null()) return fallback;
  if (at->is_array()) {
    if (at->size() == 2) {
      const json pair{{"height", (*at)[0]}, {"width", (*at)[1]}};
      return {static_cast<int>(integer_or(pair, "height", 0, 1, kMaxImage, where)),
              static_cast<int>(integer_or(pair, "width", 0, 1, kMaxImage, where))};
    }
    throw ModelError(fmt::format("'{}' is a list of {}, expected [height, width]", key, at->size()),
                     where, "write a whole number or [height, width]");
  }
  const int edge = static_cast<int>(integer_or(config, key, 0, 1, kMaxImage, where));
  return {edge, edge};
}

std::string label_text(const json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// id2label's keys are numbers written as text; its values may be anything.
bool has_canonical(const WeightFiles& weights, std::string_view canonical) {
  return std::any_of(weights.tensors.begin(), weights.tensors.end(), [&](const auto& tensor) {
    return canonical_from_transformers(tensor.name) == canonical;
  });
}

/// The first of "architectures", empty where there is none.
std::string stated_architecture(const json& config) {
  const auto list = config.find("architectures");
  if (list != config.end() && list->is_array() && !list->empty() && (*list)[0].is_string()) {
    return (*list)[0].get<std::string>();
  }
  return {};
}

std::string detector_architecture(const json& config, const WeightFiles& weights,
                                  const std::string& where) {
  constexpr const char* kOnlyOne = "YolosForObjectDetection";
  const std::string stated = stated_architecture(config);
  if (has_canonical(weights, "bbox_predictor.layers.0.weight") &&
      (stated.empty() || stated == kOnlyOne)) {
    return kOnlyOne;
  }
  throw ModelError(fmt::format("{} has no heads for classes and boxes",
                               stated.empty() ? std::string("the checkpoint") : stated),
                   where, fmt::format("use a checkpoint of {}", kOnlyOne));
}

/// What the file states, or what the tensors say where it states nothing.
std::string architecture_of(const json& config, const WeightFiles& weights, bool is_deit,
                            const std::string& where) {
  std::string name = stated_architecture(config);
  const bool with_teacher = has_canonical(weights, "cls_classifier.weight");
  const bool has_head = with_teacher || has_canonical(weights, "classifier.weight");
  if (name.empty() && with_teacher) name = "DeiTForImageClassificationWithTeacher";
  if (name.empty()) name = is_deit ? "DeiTForImageClassification" : "ViTForImageClassification";

  if (name == "ViTModel" || name == "DeiTModel" || !has_head) {
    throw ModelError(fmt::format("{} has no classifier head; feature mode is not part of this "
                                 "version",
                                 name),
                     where, "use a checkpoint with a head, such as ViTForImageClassification");
  }
  const bool known = is_deit ? name == "DeiTForImageClassification" ||
                                   name == "DeiTForImageClassificationWithTeacher"
                             : name == "ViTForImageClassification";
  if (!known) {
    throw ModelError(fmt::format("architecture '{}' is not supported", name), where,
                     is_deit ? "use DeiTForImageClassification or "
                               "DeiTForImageClassificationWithTeacher"
                             : "use ViTForImageClassification");
  }
  return name;
}

void check_geometry(const VitConfig& config, const std::string& where) {
  if (config.hidden_size % config.heads != 0) {
    throw ModelError(fmt::format("hidden_size {} is not a multiple of num_attention_heads {}",
                                 config.hidden_size, config.heads),
                     where, "correct config.json: each head gets hidden_size / heads channels");
  }
  if (config.patch_h > config.image_h || config.patch_w > config.image_w) {
    throw ModelError(fmt::format("patches of {}x{} do not fit into an image of {}x{}",
                                 config.patch_h, config.patch_w, config.image_h, config.image_w),
                     where, "correct image_size or patch_size in config.json");
  }
  if (config.channels != 3) {
    throw ModelError(
        fmt::format("num_channels is {}; pictures are given as RGB, 3 channels", config.channels),
        where, "use a model trained on RGB pictures");
  }
}

}  // namespace

bool is_timm_config(const json& config) {
  return !config.contains("model_type") && config.contains("architecture");
}

bool is_supported_type(const json& config, const std::string& where) {
  if (is_timm_config(config)) {
    return is_supported_timm(string_or(config, "architecture", "", where));
  }
  const std::string type = string_or(config, "model_type", "", where);
  return type == "vit" || type == "deit" || type == "yolos" || type == "gfnet";
}

std::vector<std::string> stated_labels(const json& config, const std::string& where) {
  const auto map = config.find("id2label");
  std::size_t count = 2;  // transformers' default
  if (map != config.end() && map->is_object() && !map->empty()) {
    count = map->size();
  } else {
    count = static_cast<std::size_t>(
        integer_or(config, "num_labels", 2, 1, static_cast<std::int64_t>(kMaxClasses), where));
  }
  if (count > kMaxClasses) {
    throw ModelError(fmt::format("'id2label' names {} classes", count), where,
                     fmt::format("use a model of at most {} classes", kMaxClasses));
  }
  std::vector<std::string> labels(count);
  for (std::size_t i = 0; i < count; ++i) labels[i] = fmt::format("LABEL_{}", i);
  if (map == config.end() || !map->is_object()) return labels;
  for (const auto& [key, value] : map->items()) {
    std::size_t id = count;
    if (!key.empty() && key.size() <= 7 &&
        key.find_first_not_of("0123456789") == std::string::npos) {
      id = std::stoul(key);
    }
    if (id >= count) {
      throw ModelError(fmt::format("'id2label' has {} entries and the key '{}'", count, key), where,
                       fmt::format("number the classes \"0\" to \"{}\"", count - 1));
    }
    labels[id] = label_text(value);
  }
  return labels;
}

VitConfig transformers_config(const json& config, const WeightFiles& weights,
                              const std::string& where) {
  const std::string type = string_or(config, "model_type", "", where);
  const bool is_yolos = type == "yolos";
  if (type != "vit" && type != "deit" && !is_yolos) {
    throw ModelError(
        type.empty() ? std::string("config.json has no model_type")
                     : fmt::format("model_type '{}' is not supported", type),
        where,
        "use a model of type vit, deit, yolos or gfnet, or a timm ViT (config.json with "
        "'architecture')");
  }
  VitConfig out;
  out.family = type;
  out.architecture = is_yolos ? detector_architecture(config, weights, where)
                              : architecture_of(config, weights, type == "deit", where);
  const auto whole = [&](const char* key, int fallback, std::int64_t high) {
    return static_cast<int>(integer_or(config, key, fallback, 1, high, where));
  };
  out.hidden_size = whole("hidden_size", 768, kMaxWidth);
  out.layers = whole("num_hidden_layers", 12, kMaxLayers);
  out.heads = whole("num_attention_heads", 12, kMaxWidth);
  out.mlp_size = whole("intermediate_size", 3072, 4 * kMaxWidth);
  out.channels = whole("num_channels", 3, 64);
  std::tie(out.image_h, out.image_w) =
      edges(config, "image_size", is_yolos ? std::pair{512, 864} : std::pair{224, 224}, where);
  std::tie(out.patch_h, out.patch_w) = edges(config, "patch_size", {16, 16}, where);
  out.qkv_bias = boolean_or(config, "qkv_bias", true, where);
  out.layer_norm_epsilon = static_cast<float>(number_or(config, "layer_norm_eps", 1e-12, where));
  out.activation = activation_named(string_or(config, "hidden_act", "gelu", where), where);
  out.distillation_token = type == "deit";
  if (out.architecture == "DeiTForImageClassificationWithTeacher") {
    out.pooling = Pooling::cls_and_distilled;
  }
  if (is_yolos) {
    out.detection_tokens = whole("num_detection_tokens", 100, kMaxDetections);
    out.mid_positions = boolean_or(config, "use_mid_position_embeddings", true, where);
    out.pooling = Pooling::detections;
  }
  out.labels = stated_labels(config, where);
  check_geometry(out, where);
  return out;
}

}  // namespace fovea::vision
