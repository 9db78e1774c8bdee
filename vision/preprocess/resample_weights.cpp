// SPDX-License-Identifier: Apache-2.0
#include "vision/preprocess/resample_weights.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

namespace fovea::vision {
namespace {

using Kernel = double (*)(double);

double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double bilinear(double x) {
  x = std::abs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

double hamming(double x) {
  x = std::abs(x);
  if (x == 0.0) return 1.0;
  if (x >= 1.0) return 0.0;
  x *= std::numbers::pi;
  // Pillow writes these two constants in single precision.
  return std::sin(x) / x * (static_cast<double>(0.54f) + static_cast<double>(0.46f) * std::cos(x));
}

/// Keys' cubic with a = -0.5; OpenCV's has a = -0.75.
double bicubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((kA + 2.0) * x - (kA + 3.0)) * x * x + 1.0;
  if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * kA;
  return 0.0;
}

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos(double x) { return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0; }

struct Filter {
  Kernel kernel;
  double support;  // in output samples when shrinking, in source samples when enlarging
};

Filter filter_of(Resample resample) {
  switch (resample) {
    case Resample::box:
      return {box, 0.5};
    case Resample::hamming:
      return {hamming, 1.0};
    case Resample::bicubic:
      return {bicubic, 2.0};
    case Resample::lanczos:
      return {lanczos, 3.0};
    case Resample::bilinear:
    case Resample::nearest:
    case Resample::cv_linear:
      break;
  }
  assert(resample == Resample::bilinear);
  return {bilinear, 1.0};
}

std::int32_t to_fixed(double weight) {
  const double scaled = weight * (1 << kWeightBits);
  return static_cast<std::int32_t>(scaled < 0.0 ? scaled - 0.5 : scaled + 0.5);
}

}  // namespace

void ResampleWeights::assign(const ResampleAxis& axis, Resample filter) {
  if (axis == axis_ && filter == filter_) return;
  taps_.clear();
  values_.clear();
  max_taps_ = 0;
  filter_ = Resample::nearest;  // until all is there: memory may run out
  for (int i = 0; i < axis.count; ++i) add(axis, axis.begin + i, filter);
  axis_ = axis;
  filter_ = filter;
}

void ResampleWeights::add(const ResampleAxis& axis, std::int64_t output, Resample resample) {
  const Filter filter = filter_of(resample);
  const double scale = static_cast<double>(axis.in) / static_cast<double>(axis.out);
  const double stretch = std::max(scale, 1.0);
  const double support = filter.support * stretch;
  const double per_sample = 1.0 / stretch;
  const double centre = (static_cast<double>(output) + 0.5) * scale;
  // Truncation towards zero, then the clamp: the order matters near the left edge.
  const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
  const int last = std::min(static_cast<int>(centre + support + 0.5), axis.in);
  const int count = std::max(last - first, 0);

  raw_.clear();
  double sum = 0.0;
  for (int k = 0; k < count; ++k) {
    raw_.push_back(filter.kernel((k + first - centre + 0.5) * per_sample));
    sum += raw_.back();
  }
  taps_.push_back({first, count, values_.size()});
  for (const double weight : raw_) values_.push_back(to_fixed(sum != 0.0 ? weight / sum : weight));
  while (values_.size() % kWeightGroup != 0) values_.push_back(0);
  max_taps_ = std::max(max_taps_, count);
}

void nearest_indices(const ResampleAxis& axis, std::vector<int>& indices) {
  const double step = static_cast<double>(axis.in) / static_cast<double>(axis.out);
  indices.clear();
  // A running sum, not a product: its rounding errors are part of the result.
  double position = step * 0.5;
  for (std::int64_t i = 0; i < axis.begin + axis.count; ++i, position += step) {
    if (i < axis.begin) continue;
    const int index = static_cast<int>(position);
    indices.push_back(index < axis.in ? index : -1);
  }
}

}  // namespace fovea::vision
