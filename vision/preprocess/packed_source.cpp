// SPDX-License-Identifier: Apache-2.0
#include "vision/preprocess/packed_source.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "compute/ops/source_layout.hpp"

namespace fovea::vision {
namespace {

using compute::ops::kSourceHeaderWords;
using compute::ops::kTapWords;

constexpr std::int32_t kWhole = 1 << compute::ops::kSourceWeightBits;
static_assert(compute::ops::kSourceWeightBits == kWeightBits);

/// One axis: what its outputs are made of, where the first of them lies, and of how many in all.
struct Axis {
  std::span<const ResampleTaps> taps;
  std::span<const std::int32_t> weights;
  int at = 0, outputs = 0;
  int first = 0, count = 0;  // source samples that any output needs
  int most_taps = 0;
};

constexpr std::array<std::int32_t, 1> kCopy{kWhole};

Axis axis_of(const ResampleAxis& resize, int at, int outputs, Resample filter,
             ResampleWeights& weights, std::vector<ResampleTaps>& copies,
             std::vector<int>& indices) {
  Axis axis;
  if (resize.in == resize.out || filter == Resample::nearest) {
    indices.clear();
    if (filter == Resample::nearest) {
      nearest_indices(resize, indices);
    } else {
      for (int i = 0; i < resize.count; ++i) {
        indices.push_back(static_cast<int>(resize.begin) + i);
      }
    }
    copies.clear();
    for (const int index : indices) copies.push_back({std::max(index, 0), index < 0 ? 0 : 1, 0});
    axis.taps = copies;
    axis.weights = kCopy;
  } else {
    weights.assign(resize, filter);
    axis.taps = weights.taps();
    axis.weights = weights.values();
  }
  axis.at = at;
  axis.outputs = outputs;
  int end = 0;
  axis.first = resize.in;
  for (const ResampleTaps& taps : axis.taps) {
    axis.first = std::min(axis.first, taps.first);
    end = std::max(end, taps.first + taps.count);
    axis.most_taps = std::max(axis.most_taps, taps.count);
  }
  axis.count = std::max(end - axis.first, 0);
  return axis;
}

struct Axes {
  Axis x, y;

  std::size_t words() const {
    return kSourceHeaderWords +
           static_cast<std::size_t>(kTapWords) * static_cast<std::size_t>(x.outputs + y.outputs) +
           x.weights.size() + y.weights.size();
  }
  std::size_t bytes() const {
    const std::size_t pixels =
        static_cast<std::size_t>(x.count) * static_cast<std::size_t>(y.count);
    return (words() * 4 + pixels * 3 + 3) / 4 * 4;
  }
};

Axes axes_of(const Preprocessor& preprocessor, const Image& image, PackScratch& scratch) {
  const int h = image.height_px(), w = image.width_px();
  const ResizePlan plan = preprocessor.plan(h, w);
  const InputSize size = preprocessor.output_size(h, w);
  const Resample filter = preprocessor.spec().resample;
  ResampleScratch& own = scratch.resample;
  return {axis_of(plan.x, plan.x_at, size.w, filter, own.horizontal, scratch.columns, own.columns),
          axis_of(plan.y, plan.y_at, size.h, filter, own.vertical, scratch.rows, own.source_rows)};
}

/// A picture of that size already: every sample is copied.
Axes copying(InputSize size, PackScratch& scratch) {
  ResampleScratch& own = scratch.resample;
  return {axis_of(ResampleAxis::whole(size.w, size.w), 0, size.w, Resample::box, own.horizontal,
                  scratch.columns, own.columns),
          axis_of(ResampleAxis::whole(size.h, size.h), 0, size.h, Resample::box, own.vertical,
                  scratch.rows, own.source_rows)};
}

/// Words one after another, into memory that is only ever written.
class Words {
 public:
  explicit Words(std::span<std::uint8_t> to) : to_(to) {}
  void add(std::uint32_t word) { std::memcpy(to_.data() + 4 * count_++, &word, sizeof word); }
  void add(std::span<const std::int32_t> words) {
    std::memcpy(to_.data() + 4 * count_, words.data(), words.size_bytes());
    count_ += words.size();
  }

 private:
  std::span<std::uint8_t> to_;
  std::size_t count_ = 0;
};

void add_taps(Words& words, const Axis& axis, std::size_t weights_at) {
  for (int i = 0; i < axis.outputs; ++i) {
    const int of_picture = i - axis.at;
    const bool padding = of_picture < 0 || of_picture >= static_cast<int>(axis.taps.size());
    const ResampleTaps taps =
        padding ? ResampleTaps{axis.first} : axis.taps[static_cast<std::size_t>(of_picture)];
    words.add(static_cast<std::uint32_t>(taps.first - axis.first));
    words.add(static_cast<std::uint32_t>(taps.count));
    words.add(static_cast<std::uint32_t>(weights_at + taps.offset));
  }
}

void write(const cv::Mat& rgb, const Axes& axes, std::span<std::uint8_t> to) {
  const std::size_t words_count = axes.words();
  Words words(to);
  words.add(static_cast<std::uint32_t>(axes.x.count));
  words.add(static_cast<std::uint32_t>(words_count * 4));
  const std::size_t weights_at = words_count - axes.x.weights.size() - axes.y.weights.size();
  add_taps(words, axes.x, weights_at);
  add_taps(words, axes.y, weights_at + axes.x.weights.size());
  words.add(axes.x.weights);
  words.add(axes.y.weights);
  const std::size_t row_bytes = static_cast<std::size_t>(axes.x.count) * 3;
  std::uint8_t* row = to.data() + words_count * 4;
  for (int y = axes.y.first; y < axes.y.first + axes.y.count; ++y, row += row_bytes) {
    std::memcpy(row, rgb.ptr(y) + std::ptrdiff_t{axes.x.first} * 3, row_bytes);
  }
}

std::size_t bytes_on_device(const Axes& axes) {
  const std::int64_t taps = std::int64_t{axes.x.most_taps} * axes.y.most_taps;
  return taps > compute::ops::kMaxSourceTaps ? 0 : axes.bytes();
}

}  // namespace

std::size_t least_source_bytes(InputSize output) {
  PackScratch scratch;
  return copying(output, scratch).bytes();
}

std::size_t source_bytes(const Preprocessor& preprocessor, const Image& image,
                         PackScratch& scratch) {
  if (preprocessor.spec().resample == Resample::cv_linear) return 0;
  return bytes_on_device(axes_of(preprocessor, image, scratch));
}

void pack_source(const Preprocessor& preprocessor, const Image& image, PackScratch& scratch,
                 std::span<std::uint8_t> to) {
  if (preprocessor.spec().resample != Resample::cv_linear) {
    const Axes axes = axes_of(preprocessor, image, scratch);
    const std::size_t bytes = bytes_on_device(axes);
    if (bytes > 0 && bytes <= to.size()) return write(image.rgb, axes, to);
  }
  const InputSize size = preprocessor.output_size(image.height_px(), image.width_px());
  scratch.resized.create(size.h, size.w, CV_8UC3);
  preprocessor.resize(image, {scratch.resized.data, scratch.resized.total() * 3}, scratch.resample);
  const Axes axes = copying(size, scratch);
  assert(axes.bytes() <= to.size());
  write(scratch.resized, axes, to);
}

}  // namespace fovea::vision
