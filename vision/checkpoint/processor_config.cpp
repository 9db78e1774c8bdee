// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/processor_config.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "vision/checkpoint/json_file.hpp"

namespace fovea::vision {
namespace {

using nlohmann::json;

using Rgb = std::array<double, 3>;
constexpr Rgb kHalf{0.5, 0.5, 0.5};
constexpr Rgb kImageNetMean{0.485, 0.456, 0.406}, kImageNetStd{0.229, 0.224, 0.225};
constexpr Rgb kClipMean{0.48145466, 0.4578275, 0.40821073};
constexpr Rgb kClipStd{0.26862954, 0.26130258, 0.27577711};
constexpr std::int64_t kMaxEdge = 1 << 14;

/// A processor class as transformers defines it: what an absent key means.
struct ProcessorClass {
  std::string_view name;
  ResizeMode whole_size;  // what "size": 224 means
  int size;
  Resample resample;
  bool crop;
  int crop_size;
  Rgb mean, stddev;
};

constexpr ResizeMode kSquare = ResizeMode::exact, kShortest = ResizeMode::shortest_edge;

constexpr std::array<ProcessorClass, 7> kClasses{
    {{"ViTImageProcessor", kSquare, 224, Resample::bilinear, false, 224, kHalf, kHalf},
     {"DeiTImageProcessor", kSquare, 256, Resample::bicubic, true, 224, kHalf, kHalf},
     {"CLIPImageProcessor", kShortest, 224, Resample::bicubic, true, 224, kClipMean, kClipStd},
     {"BitImageProcessor", kShortest, 224, Resample::bicubic, true, 224, kClipMean, kClipStd},
     {"SiglipImageProcessor", kSquare, 224, Resample::bicubic, false, 224, kHalf, kHalf},
     {"BeitImageProcessor", kSquare, 256, Resample::bicubic, true, 224, kHalf, kHalf},
     {"YolosImageProcessor", ResizeMode::edges, 800, Resample::bilinear, false, 224, kImageNetMean,
      kImageNetStd}}};

/// "ViTFeatureExtractor", "ViTImageProcessorFast" and "ViTImageProcessorPil" are one class.
std::string plain_class_name(std::string name) {
  for (const std::string_view suffix : {"Fast", "Pil"}) {
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
  }
  constexpr std::string_view kOld = "FeatureExtractor";
  if (name.ends_with(kOld)) {
    name.replace(name.size() - kOld.size(), kOld.size(), "ImageProcessor");
  }
  return name;
}

const ProcessorClass& class_of(const json& config, const std::string& model_type,
                               const std::string& where) {
  const std::string stated =
      string_or(config, "image_processor_type",
                string_or(config, "feature_extractor_type", "", where), where);
  const std::string name = !stated.empty()         ? plain_class_name(stated)
                           : model_type == "deit"  ? "DeiTImageProcessor"
                           : model_type == "yolos" ? "YolosImageProcessor"
                                                   : "ViTImageProcessor";
  for (const ProcessorClass& known : kClasses) {
    if (known.name == name) return known;
  }
  std::string names;
  for (const ProcessorClass& known : kClasses) {
    names += (names.empty() ? "" : ", ") + std::string(known.name);
  }
  throw ModelError(fmt::format("image processor '{}' is not supported", stated), where,
                   "use a model with one of: " + names);
}

const json* find(const json& object, const char* key) {
  const auto at = object.find(key);
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

int edge(const json& object, const char* key, const std::string& where) {
  return static_cast<int>(integer_or(object, key, 0, 1, kMaxEdge, where));
}

/// A list [h, w] or {"height", "width"} to h and w; false when `value` is neither.
bool read_height_width(const json& value, int& h, int& w, const std::string& where) {
  json pair = value;
  if (value.is_array() && value.size() == 2) pair = {{"height", value[0]}, {"width", value[1]}};
  if (!pair.is_object() || find(pair, "height") == nullptr || find(pair, "width") == nullptr) {
    return false;
  }
  h = edge(pair, "height", where);
  w = edge(pair, "width", where);
  return true;
}

void read_size(PreprocessSpec& spec, const ProcessorClass& known, const json& config,
               const std::string& where) {
  const json* size = find(config, "size");
  const json whole = size == nullptr ? json(known.size) : *size;
  const bool keeps_shape = known.whole_size == ResizeMode::edges;
  if (whole.is_number()) {
    const int value = edge({{"size", whole}}, "size", where);
    spec.resize = known.whole_size;
    spec.resize_h = spec.resize_w = spec.shortest_edge = value;
    if (find(config, "max_size") != nullptr) spec.longest_edge = edge(config, "max_size", where);
  } else if (read_height_width(whole, spec.resize_h, spec.resize_w, where)) {
    spec.resize = ResizeMode::exact;
  } else if (keeps_shape && whole.is_object() && find(whole, "shortest_edge") != nullptr &&
             find(whole, "longest_edge") != nullptr) {
    spec.resize = ResizeMode::edges;
    spec.shortest_edge = edge(whole, "shortest_edge", where);
    spec.longest_edge = edge(whole, "longest_edge", where);
  } else if (!keeps_shape && whole.is_object() && find(whole, "shortest_edge") != nullptr &&
             find(whole, "longest_edge") == nullptr) {
    spec.resize = ResizeMode::shortest_edge;
    spec.shortest_edge = edge(whole, "shortest_edge", where);
  } else {
    throw ModelError(
        fmt::format("the processor's size {} does not lead to one input size",
                    whole.dump(-1, ' ', false, json::error_handler_t::replace)),
        where,
        fmt::format("use a model whose size is a number, [height, width], {{height, width}} or {}",
                    keeps_shape ? "{shortest_edge, longest_edge}" : "{shortest_edge}"));
  }
}

void read_crop(PreprocessSpec& spec, const ProcessorClass& known, const json& config,
               const std::string& where) {
  spec.center_crop = boolean_or(config, "do_center_crop", known.crop, where);
  spec.crop_h = spec.crop_w = known.crop_size;
  const json* size = find(config, "crop_size");
  if (size == nullptr || !spec.center_crop) return;
  if (read_height_width(*size, spec.crop_h, spec.crop_w, where)) return;
  spec.crop_h = spec.crop_w = edge(config, "crop_size", where);
}

Resample resample_of(const json& config, Resample fallback, const std::string& where) {
  return static_cast<Resample>(
      integer_or(config, "resample", static_cast<int>(fallback), 0, 5, where));
}

Rgb rgb_or(const json& config, const char* key, const Rgb& fallback, const std::string& where) {
  const json* value = find(config, key);
  if (value == nullptr) return fallback;
  Rgb rgb{};
  if (value->is_number()) {
    rgb.fill(number_or(config, key, 0, where));
    return rgb;
  }
  const bool three =
      value->is_array() && value->size() == 3 &&
      std::all_of(value->begin(), value->end(), [](const json& each) { return each.is_number(); });
  if (!three) {
    throw ModelError(fmt::format("'{}' is not three numbers (R, G, B)", key), where,
                     "use a model trained on RGB pictures");
  }
  for (std::size_t i = 0; i < 3; ++i) rgb[i] = (*value)[i].get<double>();
  return rgb;
}

void read_normalisation(PreprocessSpec& spec, const json& config, const char* mean_key,
                        const char* std_key, const std::string& where) {
  spec.mean = rgb_or(config, mean_key, spec.mean, where);
  spec.stddev = rgb_or(config, std_key, spec.stddev, where);
  for (std::size_t i = 0; i < 3; ++i) {
    if (!std::isfinite(spec.mean[i]) || !std::isfinite(spec.stddev[i]) || spec.stddev[i] == 0) {
      throw ModelError(fmt::format("'{}' and '{}' do not normalise: a value is zero or not finite",
                                   mean_key, std_key),
                       where, fmt::format("correct '{}' and '{}'", mean_key, std_key));
    }
  }
}

}  // namespace

PreprocessSpec processor_spec(const json& config, const std::string& model_type,
                              const std::string& where) {
  const ProcessorClass& known = class_of(config, model_type, where);
  // To pad a batch to its largest picture changes nothing where pictures of one size go together.
  const bool pads_batches = known.whole_size == ResizeMode::edges;
  for (const char* key :
       {"do_pad", "do_flip_channel_order", "do_thumbnail", "do_align_long_axis"}) {
    if (pads_batches && key == std::string_view("do_pad")) continue;
    if (boolean_or(config, key, false, where)) {
      throw ModelError(fmt::format("the processor's '{}' is not supported", key), where,
                       "use a model whose pictures are only resized, cropped and normalised");
    }
  }
  if (find(config, "pad_size") != nullptr) {
    throw ModelError("the processor's 'pad_size' is not supported", where,
                     "use a model whose pictures are only resized, cropped and normalised");
  }
  PreprocessSpec spec;
  spec.processor = std::string(known.name);
  read_size(spec, known, config, where);
  if (!boolean_or(config, "do_resize", true, where)) spec.resize = ResizeMode::none;
  spec.resample = resample_of(config, known.resample, where);
  read_crop(spec, known, config, where);
  spec.rescale = boolean_or(config, "do_rescale", true, where);
  spec.rescale_factor = number_or(config, "rescale_factor", 1.0 / 255.0, where);
  spec.normalize = boolean_or(config, "do_normalize", true, where);
  spec.mean = known.mean;
  spec.stddev = known.stddev;
  read_normalisation(spec, config, "image_mean", "image_std", where);
  return spec;
}

PreprocessSpec timm_spec(const json& config, const std::string& where) {
  const json* stored = find(config, "pretrained_cfg");
  const json recipe = stored != nullptr && stored->is_object() ? *stored : json::object();

  PreprocessSpec spec;
  spec.processor = "timm";
  const json size = recipe.value("input_size", json::array({3, 224, 224}));
  if (!size.is_array() || size.size() != 3 ||
      !read_height_width(json::array({size[1], size[2]}), spec.crop_h, spec.crop_w, where)) {
    throw ModelError("'pretrained_cfg.input_size' is not [3, height, width]", where,
                     "download config.json again");
  }
  spec.center_crop = true;
  spec.crop_rounding = CropRounding::torchvision;

  const double stated = number_or(recipe, "crop_pct", 0.875, where);
  const double crop_pct = stated == 0.0 ? 0.875 : stated;
  if (crop_pct < 0.01 || crop_pct > 1.0) {
    throw ModelError(fmt::format("'pretrained_cfg.crop_pct' is {}", crop_pct), where,
                     "correct crop_pct to a fraction of at most 1");
  }
  spec.resize_h = static_cast<int>(std::floor(spec.crop_h / crop_pct));
  spec.resize_w = static_cast<int>(std::floor(spec.crop_w / crop_pct));
  const std::string mode = string_or(recipe, "crop_mode", "center", where);
  if (mode == "squash") {
    spec.resize = ResizeMode::exact;
  } else if (mode == "center") {
    spec.resize = spec.resize_h == spec.resize_w ? ResizeMode::shortest_edge : ResizeMode::cover;
    spec.shortest_edge = spec.resize_h;
  } else {
    throw ModelError(fmt::format("timm crop_mode '{}' is not supported", mode), where,
                     "use a model with crop_mode center or squash");
  }

  constexpr std::array<std::pair<std::string_view, Resample>, 6> kFilters{
      {{"nearest", Resample::nearest},
       {"lanczos", Resample::lanczos},
       {"bilinear", Resample::bilinear},
       {"bicubic", Resample::bicubic},
       {"box", Resample::box},
       {"hamming", Resample::hamming}}};
  const std::string filter = string_or(recipe, "interpolation", "bicubic", where);
  const auto* found = std::find_if(kFilters.begin(), kFilters.end(),
                                   [&](const auto& known) { return known.first == filter; });
  if (found == kFilters.end()) {
    throw ModelError(fmt::format("timm interpolation '{}' is not supported", filter), where,
                     "use nearest, lanczos, bilinear, bicubic, box or hamming");
  }
  spec.resample = found->second;
  spec.mean = kImageNetMean;
  spec.stddev = kImageNetStd;
  read_normalisation(spec, recipe, "mean", "std", where);
  return spec;
}

}  // namespace fovea::vision
