// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/gfnet_config.hpp"

#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "vision/checkpoint/json_file.hpp"
#include "vision/checkpoint/model_config.hpp"
#include "vision/checkpoint/processor_config.hpp"

namespace fovea::vision {
namespace {

using nlohmann::json;

constexpr std::string_view kFirstFilter = "blocks.0.filter.complex_weight";
constexpr std::string_view kPyramidFilter = "blocks.0.0.filter.complex_weight";
constexpr const char* kFix = "use gfnet-ti, gfnet-xs, gfnet-s or gfnet-b as its authors save them";
constexpr std::int64_t kLongestAxis = 1 << 18;

/// A tensor's shape: `rank` axes of 1 to kLongestAxis.
const std::vector<std::int64_t>& shape_of(const WeightFiles& weights, std::string_view name,
                                          std::size_t rank) {
  const std::string where = weights.path.string();
  const StoredTensor* tensor = weights.find(name);
  if (tensor == nullptr) {
    throw ModelError(fmt::format("the GFNet lacks the tensor '{}'", name), where, kFix);
  }
  bool fits = tensor->shape.size() == rank;
  for (const std::int64_t axis : tensor->shape) fits &= axis >= 1 && axis <= kLongestAxis;
  if (!fits) {
    throw ModelError(
        fmt::format("tensor '{}' is {}, expected {} axes", name, shape_text(tensor->shape), rank),
        where, kFix);
  }
  return tensor->shape;
}

}  // namespace

bool is_gfnet(const WeightFiles& weights) {
  return weights.find(kFirstFilter) != nullptr || weights.find(kPyramidFilter) != nullptr;
}

VitConfig gfnet_config(const json& config, const WeightFiles& weights, const std::string& where) {
  if (weights.find(kPyramidFilter) != nullptr) {
    throw ModelError("hierarchical GFNets (gfnet-h-...) are not supported", weights.path.string(),
                     kFix);
  }
  const auto& filter = shape_of(weights, kFirstFilter, 4);
  const auto& patch = shape_of(weights, "patch_embed.proj.weight", 4);
  const std::int64_t tokens = shape_of(weights, "pos_embed", 3)[1];
  // [H, W / 2 + 1, C, 2] leaves two widths; the positions tell which.
  const std::int64_t rows = filter[0], columns = tokens / rows;
  if (rows * columns != tokens || columns / 2 + 1 != filter[1]) {
    throw ModelError(
        fmt::format("filters of {} do not fit {} positions", shape_text(filter), tokens),
        weights.path.string(), kFix);
  }
  VitConfig out;
  out.family = "gfnet";
  out.global_filters = true;
  out.hidden_size = static_cast<int>(patch[0]);
  out.channels = static_cast<int>(patch[1]);
  out.patch_h = static_cast<int>(patch[2]);
  out.patch_w = static_cast<int>(patch[3]);
  out.image_h = static_cast<int>(rows) * out.patch_h;
  out.image_w = static_cast<int>(columns) * out.patch_w;
  out.layers = 0;
  while (weights.find(fmt::format("blocks.{}.norm1.weight", out.layers)) != nullptr) ++out.layers;
  out.mlp_size = static_cast<int>(shape_of(weights, "blocks.0.mlp.fc1.weight", 2)[0]);
  out.heads = 1;  // nothing attends
  out.class_token = false;
  out.pooling = Pooling::mean_patches;
  out.layer_norm_epsilon = 1e-6f;
  out.architecture = fmt::format("GFNet of {} blocks, width {}", out.layers, out.hidden_size);
  const std::int64_t classes = shape_of(weights, "head.weight", 2)[0];
  json labels = config;
  labels["num_labels"] = classes;
  out.labels = stated_labels(labels, where);
  if (static_cast<std::int64_t>(out.labels.size()) != classes) {
    throw ModelError(
        fmt::format("'id2label' names {} classes, the head has {}", out.labels.size(), classes),
        where, "name every class once, or leave 'id2label' out");
  }
  if (out.channels != 3) {
    throw ModelError(fmt::format("the GFNet takes pictures of {} channels", out.channels), where,
                     "use a model trained on RGB pictures");
  }
  return out;
}

PreprocessSpec gfnet_spec(const json& config, const VitConfig& model, const std::string& where) {
  json recipe = config;
  if (!recipe.contains("pretrained_cfg")) {
    recipe["pretrained_cfg"] = {{"input_size", {3, model.image_h, model.image_w}}};
  }
  PreprocessSpec spec = timm_spec(recipe, where);
  spec.processor = "gfnet";
  return spec;
}

}  // namespace fovea::vision
