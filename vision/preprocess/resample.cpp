// SPDX-License-Identifier: Apache-2.0
#include "vision/preprocess/resample.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include <fmt/core.h>
#include <opencv2/imgproc.hpp>

#include "vision/preprocess/resample_weights.hpp"

namespace fovea::vision {
namespace {

constexpr int kChannels = 3;
constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

/// One row [weights' in, 3] -> [count, 3].
void resample_row(const std::uint8_t* in, const ResampleWeights& weights, int count,
                  std::uint8_t* out) {
  for (int i = 0; i < count; ++i) {
    const std::uint8_t* pixel = in + std::ptrdiff_t{weights.first(i)} * kChannels;
    std::int32_t r = kHalf, g = kHalf, b = kHalf;
    for (const std::int32_t weight : weights.weights(i)) {
      r += pixel[0] * weight;
      g += pixel[1] * weight;
      b += pixel[2] * weight;
      pixel += kChannels;
    }
    *out++ = to_byte(r);
    *out++ = to_byte(g);
    *out++ = to_byte(b);
  }
}

/// Weighted sum of rows: `row(k)` gives `sums.size()` bytes of source row k.
template <class RowOf>
void blend_rows(const RowOf& row, int first, std::span<const std::int32_t> weights,
                std::vector<std::int32_t>& sums, std::uint8_t* out) {
  std::fill(sums.begin(), sums.end(), kHalf);
  std::int32_t* sum = sums.data();
  const std::size_t count = sums.size();
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const std::uint8_t* in = row(first + static_cast<int>(k));
    const std::int32_t weight = weights[k];
    for (std::size_t i = 0; i < count; ++i) sum[i] += in[i] * weight;
  }
  for (std::size_t i = 0; i < count; ++i) out[i] = to_byte(sum[i]);
}

/// Both passes, row by row. Horizontal results live in a ring just deep enough for the
/// rows one output row blends, so a tall source costs no tall intermediate picture.
class TwoPass {
 public:
  TwoPass(const cv::Mat& rgb, const ResampleAxis& x, const ResampleAxis& y, Resample filter)
      : rgb_(rgb), x_(x), y_(y) {
    if (x.in != x.out) horizontal_.emplace(x, filter);
    if (y.in != y.out) vertical_.emplace(y, filter);
  }

  cv::Mat run() const {
    cv::Mat out(y_.count, x_.count, CV_8UC3);
    if (!vertical_) {
      for (int row = 0; row < y_.count; ++row)
        narrow(static_cast<int>(y_.begin) + row, out.ptr(row));
      return out;
    }
    const std::size_t row_bytes = static_cast<std::size_t>(x_.count) * kChannels;
    const int depth = std::max(vertical_->max_taps(), 1);
    std::vector<std::uint8_t> ring(row_bytes * static_cast<std::size_t>(depth));
    std::vector<std::int32_t> sums(row_bytes);
    const auto row_of = [&](int row) {
      return ring.data() + row_bytes * static_cast<std::size_t>(row % depth);
    };
    int done = vertical_->first(0);
    for (int row = 0; row < y_.count; ++row) {
      for (; done < vertical_->last(row); ++done) narrow(done, row_of(done));
      blend_rows(row_of, vertical_->first(row), vertical_->weights(row), sums, out.ptr(row));
    }
    return out;
  }

 private:
  /// Horizontal pass over one source row.
  void narrow(int row, std::uint8_t* out) const {
    if (horizontal_) {
      resample_row(rgb_.ptr(row), *horizontal_, x_.count, out);
    } else {
      std::memcpy(out, rgb_.ptr(row) + x_.begin * kChannels,
                  static_cast<std::size_t>(x_.count) * kChannels);
    }
  }

  const cv::Mat& rgb_;
  ResampleAxis x_, y_;
  std::optional<ResampleWeights> horizontal_, vertical_;  // empty: that size does not change
};

cv::Mat pick_nearest(const cv::Mat& rgb, const ResampleAxis& x, const ResampleAxis& y) {
  const std::vector<int> columns = nearest_indices(x), rows = nearest_indices(y);
  cv::Mat out = cv::Mat::zeros(y.count, x.count, CV_8UC3);
  for (int row = 0; row < y.count; ++row) {
    const int source_row = rows[static_cast<std::size_t>(row)];
    if (source_row < 0) continue;
    const std::uint8_t* in = rgb.ptr(source_row);
    std::uint8_t* pixel = out.ptr(row);
    for (const int column : columns) {
      if (column >= 0) std::memcpy(pixel, in + std::ptrdiff_t{column} * kChannels, kChannels);
      pixel += kChannels;
    }
  }
  return out;
}

cv::Mat opencv_linear(const cv::Mat& rgb, const ResampleAxis& x, const ResampleAxis& y) {
  constexpr std::int64_t kMaxPixels = std::int64_t{1} << 28;
  if (x.out > kMaxPixels / y.out)
    throw std::length_error(fmt::format(
        "a picture of {}x{} would become {}x{}; Pillow's filters compute only what the crop keeps",
        x.in, y.in, x.out, y.out));
  cv::Mat whole;
  cv::resize(rgb, whole, cv::Size(static_cast<int>(x.out), static_cast<int>(y.out)), 0, 0,
             cv::INTER_LINEAR);
  return whole(cv::Rect(static_cast<int>(x.begin), static_cast<int>(y.begin), x.count, y.count))
      .clone();
}

}  // namespace

cv::Mat resample(const cv::Mat& rgb, const ResampleAxis& x, const ResampleAxis& y,
                 Resample filter) {
  assert(rgb.type() == CV_8UC3 && rgb.cols == x.in && rgb.rows == y.in);
  assert(x.count >= 1 && x.begin >= 0 && x.begin + x.count <= x.out);
  assert(y.count >= 1 && y.begin >= 0 && y.begin + y.count <= y.out);
  if (filter == Resample::cv_linear) return opencv_linear(rgb, x, y);
  if (filter == Resample::nearest) return pick_nearest(rgb, x, y);
  return TwoPass(rgb, x, y, filter).run();
}

}  // namespace fovea::vision
