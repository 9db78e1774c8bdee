// SPDX-License-Identifier: Apache-2.0
#include "vision/quality/pattern.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "vision/quality/tiles.hpp"

namespace fovea::vision {
namespace {

constexpr double kStandsOut = 2.5;  // natural logarithm of the ratio of powers
constexpr int kLeastWaves = 8;      // in a tile
constexpr float kRounding = 0.5f;   // power of 3 x 3 places by rounding to whole grey levels

/// What is the same in all tiles: the median of each place.
cv::Mat median_of(const std::vector<cv::Mat>& powers) {
  cv::Mat median(powers.front().size(), CV_32F);
  std::vector<float> values(powers.size());
  for (int y = 0; y < median.rows; ++y) {
    for (int x = 0; x < median.cols; ++x) {
      for (std::size_t t = 0; t < powers.size(); ++t) values[t] = powers[t].at<float>(y, x);
      const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
      std::nth_element(values.begin(), middle, values.end());
      median.at<float>(y, x) = *middle;
    }
  }
  return median;
}

/// Median of the places 4 to 8 steps of (dx, dy) away on both sides.
float around(const cv::Mat& plane, int x, int y, double dx, double dy) {
  std::array<float, 10> values{};
  std::size_t n = 0;
  for (const int k : {-8, -7, -6, -5, -4, 4, 5, 6, 7, 8}) {
    const int column = cv::borderInterpolate(x + static_cast<int>(std::lround(k * dx)), plane.cols,
                                             cv::BORDER_REFLECT_101);
    const int row = cv::borderInterpolate(y + static_cast<int>(std::lround(k * dy)), plane.rows,
                                          cv::BORDER_REFLECT_101);
    values[n++] = plane.at<float>(row, column);
  }
  std::nth_element(values.begin(), values.begin() + 5, values.end());
  return values[5];
}

bool is_eighth(int waves, int side) {
  const int step = side / 8;
  const int off = std::abs(waves) % step;
  return std::min(off, step - off) <= 1;
}

}  // namespace

Patterns find_patterns(const std::vector<cv::Mat>& powers) {
  Patterns found;
  const cv::Mat plane = centred(median_of(powers));
  const int side = plane.rows, half = side / 2;
  cv::Mat energy;  // a wave's power leaks into the places beside its own
  cv::boxFilter(plane, energy, CV_32F, {3, 3}, {-1, -1}, false, cv::BORDER_REFLECT_101);
  cv::Mat level, highest;
  cv::log(energy + kRounding, level);
  cv::dilate(level, highest, cv::Mat::ones(5, 5, CV_8U));
  double rows_or_columns = 0, across = 0, strongest = 0;
  for (int y = 0; y < side; ++y) {
    for (int x = half; x < side; ++x) {
      const int u = y - half, v = x - half;
      const double f = std::hypot(u, v);
      if ((v == 0 && u < 0) || f < kLeastWaves || f > half - 2) continue;
      if (level.at<float>(y, x) < highest.at<float>(y, x)) continue;
      if (is_eighth(u, side) && is_eighth(v, side)) continue;
      const float surroundings =
          std::max(around(level, x, y, v / f, u / f), around(level, x, y, -u / f, v / f));
      if (level.at<float>(y, x) - surroundings < kStandsOut) continue;
      // Power summed over all places is variance times their number; the mirror has as much.
      const double variance =
          2 * (std::exp(level.at<float>(y, x)) - std::exp(surroundings)) / (side * side);
      const bool on_axis = std::abs(u) <= 1 || std::abs(v) <= 1;
      (on_axis ? rows_or_columns : across) += variance;
      if (variance <= strongest) continue;
      strongest = variance;
      double degrees = std::atan2(-u, v) * 180 / std::numbers::pi;  // rows run downwards
      if (degrees < 0) degrees += 180;
      found.strongest = Wave{side / f, degrees};
    }
  }
  found.rows_or_columns = std::sqrt(rows_or_columns);
  found.across = std::sqrt(across);
  return found;
}

}  // namespace fovea::vision
