// SPDX-License-Identifier: Apache-2.0
#include "vision/preprocess/preprocessor.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <fmt/core.h>

#include "compute/error.hpp"

namespace fovea::vision {
namespace {

// The picture that stands for all where each keeps its shape: a small photograph, 4 to 3.
constexpr int kUsualH = 480, kUsualW = 640;

struct FullSize {
  std::int64_t h = 0, w = 0;
};

/// transformers' get_size_with_aspect_ratio (image_processing_yolos.py), in its own arithmetic:
/// int() cuts off, round() rounds half to even.
FullSize within_edges(const PreprocessSpec& spec, std::int64_t h, std::int64_t w) {
  const auto height = static_cast<double>(h), width = static_cast<double>(w);
  const double longest = std::max(height, width), shortest = std::min(height, width);
  double exact = spec.shortest_edge;  // of the shorter side
  const bool is_cut = longest / shortest * exact > spec.longest_edge;
  if (is_cut) exact = spec.longest_edge * shortest / longest;
  const auto edge = static_cast<std::int64_t>(std::nearbyint(exact));
  FullSize full;
  if (w < h) {
    full = {static_cast<std::int64_t>(exact * height / width), edge};
  } else if (h == edge) {
    full = {h, w};
  } else {
    full = {edge, static_cast<std::int64_t>(exact * width / height)};
  }
  return {full.h - full.h % spec.multiple_of, full.w - full.w % spec.multiple_of};
}

/// The size the whole picture is resized to, before any crop.
FullSize full_size(const PreprocessSpec& spec, std::int64_t h, std::int64_t w) {
  switch (spec.resize) {
    case ResizeMode::none:
      return {h, w};
    case ResizeMode::exact:
      return {spec.resize_h, spec.resize_w};
    case ResizeMode::shortest_edge: {
      const std::int64_t edge = spec.shortest_edge;
      return h <= w ? FullSize{edge, edge * w / h} : FullSize{edge * h / w, edge};
    }
    case ResizeMode::cover: {
      // timm's ResizeKeepRatio; Python's round() and nearbyint() both round half to even.
      const double ratio =
          std::min(static_cast<double>(h) / spec.resize_h, static_cast<double>(w) / spec.resize_w);
      const auto side = [&](std::int64_t size) {
        return static_cast<std::int64_t>(std::nearbyint(static_cast<double>(size) / ratio));
      };
      return {side(h), side(w)};
    }
    case ResizeMode::edges:
      return within_edges(spec, h, w);
  }
  assert(false);
  return {};
}

/// Where the crop begins in a side of `size`; negative where the side must be padded.
std::int64_t crop_begin(std::int64_t size, std::int64_t crop, CropRounding rounding) {
  const std::int64_t spare = size - crop;
  if (rounding == CropRounding::transformers) return spare >= 0 ? spare / 2 : (spare - 1) / 2;
  if (spare < 0) return -(-spare / 2);
  return static_cast<std::int64_t>(std::nearbyint(static_cast<double>(spare) / 2.0));
}

/// One side through resize and crop: what to compute, and where it lands in the output.
struct CroppedAxis {
  ResampleAxis resize;
  int at = 0;
};

CroppedAxis crop_axis(int in, std::int64_t full, int crop, CropRounding rounding) {
  const std::int64_t begin = crop_begin(full, crop, rounding);
  const std::int64_t from = std::max<std::int64_t>(begin, 0);
  const std::int64_t to = std::min<std::int64_t>(begin + crop, full);
  return {{in, full, from, static_cast<int>(to - from)}, static_cast<int>(from - begin)};
}

void require(bool condition, const PreprocessSpec& spec, const std::string& what) {
  if (!condition)
    throw ModelError(what, fmt::format("preprocessor_config.json ({})", spec.processor),
                     "correct the file, or choose another recipe with --preprocess");
}

void check(const PreprocessSpec& spec) {
  require(spec.center_crop || spec.resize == ResizeMode::exact || spec.resize == ResizeMode::edges,
          spec,
          "the preprocessing gives pictures of no fixed size: it has neither an exact resize nor "
          "a centre crop");
  if (spec.resize == ResizeMode::exact || spec.resize == ResizeMode::cover)
    require(spec.resize_h > 0 && spec.resize_w > 0, spec,
            fmt::format("the resize to {}x{} is not positive", spec.resize_h, spec.resize_w));
  if (spec.resize == ResizeMode::edges) {
    require(spec.multiple_of > 0, spec, "the sides' step is not positive");
    const FullSize usual = within_edges(spec, kUsualH, kUsualW);
    require(usual.h > 0 && usual.w > 0, spec,
            fmt::format("edges of {} and {} in steps of {} leave nothing of a picture",
                        spec.shortest_edge, spec.longest_edge, spec.multiple_of));
  }
  if (spec.resize == ResizeMode::shortest_edge)
    require(spec.shortest_edge > 0, spec,
            fmt::format("the shortest edge {} is not positive", spec.shortest_edge));
  if (spec.center_crop)
    require(spec.crop_h > 0 && spec.crop_w > 0, spec,
            fmt::format("the crop to {}x{} is not positive", spec.crop_h, spec.crop_w));
  if (spec.normalize)
    for (const double stddev : spec.stddev)
      require(std::isfinite(stddev) && static_cast<float>(stddev) != 0.0f, spec,
              fmt::format("the standard deviation {} cannot be divided by", stddev));
}

}  // namespace

Preprocessor::Preprocessor(const PreprocessSpec& spec) : spec_(spec) {
  check(spec);
  usual_size_ = output_size(kUsualH, kUsualW);
  // A byte has 256 values, so the arithmetic is done once: multiplied in double, rounded to
  // single, then (x - mean) / std in single (transformers' image_transforms.py: rescale,
  // normalize). torchvision's x / 255 in single gives the same 256 values.
  for (std::size_t channel = 0; channel < 3; ++channel)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const double exact = static_cast<double>(byte);
      float value = static_cast<float>(spec.rescale ? exact * spec.rescale_factor : exact);
      if (spec.normalize)
        value = (value - static_cast<float>(spec.mean[channel])) /
                static_cast<float>(spec.stddev[channel]);
      byte_values_[channel][byte] = value;
    }
}

InputSize Preprocessor::output_size(int h, int w) const {
  if (spec_.center_crop) return {spec_.crop_h, spec_.crop_w};
  const FullSize full = full_size(spec_, h, w);
  if (full.h == 0 || full.w == 0) {
    throw std::length_error(fmt::format(
        "a picture of {}x{} pixels (width x height) is too narrow: scaled to edges of {} and {}, a "
        "side is shorter than {}",
        w, h, spec_.shortest_edge, spec_.longest_edge, spec_.multiple_of));
  }
  return {static_cast<int>(full.h), static_cast<int>(full.w)};
}

ResizePlan Preprocessor::plan(int h, int w) const {
  const InputSize size = output_size(h, w);
  const FullSize full = full_size(spec_, h, w);
  if (!spec_.center_crop) return {{w, full.w, 0, size.w}, {h, full.h, 0, size.h}};
  const CroppedAxis x = crop_axis(w, full.w, spec_.crop_w, spec_.crop_rounding);
  const CroppedAxis y = crop_axis(h, full.h, spec_.crop_h, spec_.crop_rounding);
  return {x.resize, y.resize, x.at, y.at};
}

void Preprocessor::resize(const Image& image, std::span<std::uint8_t> pixels,
                          ResampleScratch& scratch) const {
  const int h = image.height_px(), w = image.width_px();
  const InputSize size = output_size(h, w);
  assert(pixels.size() ==
         std::size_t{3} * static_cast<std::size_t>(size.h) * static_cast<std::size_t>(size.w));
  cv::Mat out(size.h, size.w, CV_8UC3, pixels.data());
  const ResizePlan plan = this->plan(h, w);
  cv::Mat visible = out(cv::Rect(plan.x_at, plan.y_at, plan.x.count, plan.y.count));
  if (visible.size() != out.size()) std::ranges::fill(pixels, std::uint8_t{0});
  resample(image.rgb, plan.x, plan.y, spec_.resample, scratch, visible);
}

int Preprocessor::reduction(int h, int w) const noexcept {
  if (spec_.resize == ResizeMode::none) return 1;
  const FullSize full = full_size(spec_, h, w);
  int reduction = 8;
  while (reduction > 1 && (full.h * reduction > h || full.w * reduction > w)) reduction /= 2;
  return reduction;
}

void Preprocessor::normalise(std::span<const std::uint8_t> pixels, std::span<float> tensor) const {
  assert(pixels.size() % 3 == 0 && tensor.size() == pixels.size());
  const std::size_t plane = pixels.size() / 3;
  const std::uint8_t* pixel = pixels.data();
  for (std::size_t i = 0; i < plane; ++i, pixel += 3) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      tensor[channel * plane + i] = byte_values_[channel][pixel[channel]];
    }
  }
}

void Preprocessor::run(const Image& image, std::span<float> tensor) const {
  std::vector<std::uint8_t> pixels(tensor.size());
  ResampleScratch scratch;
  resize(image, pixels, scratch);
  normalise(pixels, tensor);
}

}  // namespace fovea::vision
