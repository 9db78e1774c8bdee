// SPDX-License-Identifier: Apache-2.0
#include "vision/preprocess/resample.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <stdexcept>

#include <fmt/core.h>
#include <opencv2/imgproc.hpp>

namespace fovea::vision {
namespace {

constexpr int kChannels = 3;

/// Both passes, row by row. Horizontal results live in a ring just deep enough for the
/// rows one output row blends, so a tall source costs no tall intermediate picture.
class TwoPass {
 public:
  TwoPass(const cv::Mat& rgb, const ResampleAxis& x, const ResampleAxis& y, Resample filter,
          ResampleScratch& scratch)
      : rgb_(rgb), x_(x), y_(y), scratch_(scratch) {
    if (x.in != x.out) scratch.horizontal.assign(x, filter);
    if (y.in != y.out) scratch.vertical.assign(y, filter);
  }

  void run(cv::Mat& out) const {
    if (y_.in == y_.out) {
      for (int row = 0; row < y_.count; ++row)
        narrow(static_cast<int>(y_.begin) + row, out.ptr(row));
      return;
    }
    const ResampleWeights& vertical = scratch_.vertical;
    const std::size_t row_bytes = static_cast<std::size_t>(x_.count) * kChannels;
    const auto depth = static_cast<std::size_t>(std::max(vertical.max_taps(), 1));
    scratch_.ring.resize(row_bytes * depth);
    scratch_.rows.resize(depth);
    const auto row_of = [&](int row) {
      return scratch_.ring.data() + row_bytes * (static_cast<std::size_t>(row) % depth);
    };
    int done = vertical.taps().front().first;
    for (int row = 0; row < y_.count; ++row) {
      const ResampleTaps& taps = vertical.taps()[static_cast<std::size_t>(row)];
      for (; done < taps.first + taps.count; ++done) narrow(done, row_of(done));
      for (int k = 0; k < taps.count; ++k)
        scratch_.rows[static_cast<std::size_t>(k)] = row_of(taps.first + k);
      scratch_.kernels->blend(scratch_.rows.data(), vertical.values().data() + taps.offset,
                              taps.count, row_bytes, out.ptr(row));
    }
  }

 private:
  /// Horizontal pass over one source row.
  void narrow(int row, std::uint8_t* out) const {
    if (x_.in == x_.out) {
      std::memcpy(out, rgb_.ptr(row) + x_.begin * kChannels,
                  static_cast<std::size_t>(x_.count) * kChannels);
      return;
    }
    const ResampleWeights& horizontal = scratch_.horizontal;
    scratch_.kernels->narrow(rgb_.ptr(row), x_.in, horizontal.taps().data(),
                             horizontal.values().data(), x_.count, out);
  }

  const cv::Mat& rgb_;
  ResampleAxis x_, y_;
  ResampleScratch& scratch_;
};

void pick_nearest(const cv::Mat& rgb, const ResampleAxis& x, const ResampleAxis& y,
                  ResampleScratch& scratch, cv::Mat& out) {
  nearest_indices(x, scratch.columns);
  nearest_indices(y, scratch.source_rows);
  for (int row = 0; row < y.count; ++row) {
    const int source_row = scratch.source_rows[static_cast<std::size_t>(row)];
    std::uint8_t* pixel = out.ptr(row);
    std::memset(pixel, 0, static_cast<std::size_t>(x.count) * kChannels);
    if (source_row < 0) continue;
    const std::uint8_t* in = rgb.ptr(source_row);
    for (const int column : scratch.columns) {
      if (column >= 0) std::memcpy(pixel, in + std::ptrdiff_t{column} * kChannels, kChannels);
      pixel += kChannels;
    }
  }
}

void opencv_linear(const cv::Mat& rgb, const ResampleAxis& x, const ResampleAxis& y,
                   ResampleScratch& scratch, cv::Mat& out) {
  constexpr std::int64_t kMaxPixels = std::int64_t{1} << 28;
  if (x.out > kMaxPixels / y.out)
    throw std::length_error(fmt::format(
        "a picture of {}x{} would become {}x{}; Pillow's filters compute only what the crop keeps",
        x.in, y.in, x.out, y.out));
  cv::resize(rgb, scratch.whole, cv::Size(static_cast<int>(x.out), static_cast<int>(y.out)), 0, 0,
             cv::INTER_LINEAR);
  scratch.whole(cv::Rect(static_cast<int>(x.begin), static_cast<int>(y.begin), x.count, y.count))
      .copyTo(out);
}

}  // namespace

void resample(const cv::Mat& rgb, const ResampleAxis& x, const ResampleAxis& y, Resample filter,
              ResampleScratch& scratch, cv::Mat& out) {
  assert(rgb.type() == CV_8UC3 && rgb.cols == x.in && rgb.rows == y.in);
  assert(out.type() == CV_8UC3 && out.cols == x.count && out.rows == y.count);
  assert(x.count >= 1 && x.begin >= 0 && x.begin + x.count <= x.out);
  assert(y.count >= 1 && y.begin >= 0 && y.begin + y.count <= y.out);
  if (filter == Resample::cv_linear) return opencv_linear(rgb, x, y, scratch, out);
  if (filter == Resample::nearest) return pick_nearest(rgb, x, y, scratch, out);
  TwoPass(rgb, x, y, filter, scratch).run(out);
}

}  // namespace fovea::vision
