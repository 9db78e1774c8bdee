// SPDX-License-Identifier: Apache-2.0
#include "vision/preprocess/preprocessor.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <vector>

#include <fmt/core.h>

#include "compute/error.hpp"

namespace fovea::vision {
namespace {

struct FullSize {
  std::int64_t h = 0, w = 0;
};

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
  require(spec.center_crop || spec.resize == ResizeMode::exact, spec,
          "the preprocessing gives pictures of no fixed size: it has neither an exact resize nor "
          "a centre crop");
  if (spec.resize == ResizeMode::exact || spec.resize == ResizeMode::cover)
    require(spec.resize_h > 0 && spec.resize_w > 0, spec,
            fmt::format("the resize to {}x{} is not positive", spec.resize_h, spec.resize_w));
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
  output_h_ = spec.center_crop ? spec.crop_h : spec.resize_h;
  output_w_ = spec.center_crop ? spec.crop_w : spec.resize_w;
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

void Preprocessor::resize(const Image& image, std::span<std::uint8_t> pixels,
                          ResampleScratch& scratch) const {
  assert(pixels.size() == output_count());
  cv::Mat out(output_h_, output_w_, CV_8UC3, pixels.data());
  const int h = image.height_px(), w = image.width_px();
  const FullSize full = full_size(spec_, h, w);
  if (!spec_.center_crop) {
    resample(image.rgb, {w, full.w, 0, output_w_}, {h, full.h, 0, output_h_}, spec_.resample,
             scratch, out);
    return;
  }
  const CroppedAxis x = crop_axis(w, full.w, spec_.crop_w, spec_.crop_rounding);
  const CroppedAxis y = crop_axis(h, full.h, spec_.crop_h, spec_.crop_rounding);
  cv::Mat visible = out(cv::Rect(x.at, y.at, x.resize.count, y.resize.count));
  if (visible.size() != out.size()) std::ranges::fill(pixels, std::uint8_t{0});
  resample(image.rgb, x.resize, y.resize, spec_.resample, scratch, visible);
}

int Preprocessor::reduction(int h, int w) const noexcept {
  if (spec_.resize == ResizeMode::none) return 1;
  const FullSize full = full_size(spec_, h, w);
  int reduction = 8;
  while (reduction > 1 && (full.h * reduction > h || full.w * reduction > w)) reduction /= 2;
  return reduction;
}

void Preprocessor::normalise(std::span<const std::uint8_t> pixels, std::span<float> tensor) const {
  assert(pixels.size() == output_count() && tensor.size() == output_count());
  const std::size_t plane = output_count() / 3;
  const std::uint8_t* pixel = pixels.data();
  for (std::size_t i = 0; i < plane; ++i, pixel += 3) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      tensor[channel * plane + i] = byte_values_[channel][pixel[channel]];
    }
  }
}

void Preprocessor::run(const Image& image, std::span<float> tensor) const {
  std::vector<std::uint8_t> pixels(output_count());
  ResampleScratch scratch;
  resize(image, pixels, scratch);
  normalise(pixels, tensor);
}

}  // namespace fovea::vision
