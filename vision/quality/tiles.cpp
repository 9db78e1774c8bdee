// SPDX-License-Identifier: Apache-2.0
#include "vision/quality/tiles.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace fovea::vision {
namespace {

/// As scipy's and numpy's periodic Hann window. [side, 1] f32.
cv::Mat hann(int side) {
  cv::Mat window(side, 1, CV_32F);
  for (int i = 0; i < side; ++i) {
    window.at<float>(i) = static_cast<float>(0.5 - 0.5 * std::cos(2 * std::numbers::pi * i / side));
  }
  return window;
}

/// Where `count` tiles of `side` begin along `length`.
std::vector<int> spread(int length, int side, int count) {
  std::vector<int> starts;
  for (int i = 0; i < count; ++i) {
    const double share = count == 1 ? 0.5 : static_cast<double>(i) / (count - 1);
    starts.push_back(static_cast<int>(std::lround(share * (length - side))));
  }
  return starts;
}

}  // namespace

cv::Mat to_grey(const cv::Mat& rgb) {
  cv::Mat grey;
  cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
  return grey;
}

QualityTiles make_tiles(const cv::Mat& grey) {
  QualityTiles tiles;
  const int least = std::min(grey.cols, grey.rows);
  for (const int side : {64, 128, 256}) {
    if (side <= least) tiles.side = side;
  }
  const int side = tiles.side;
  if (side == 0) return tiles;
  const auto along = [side](int length) { return std::min(3, (length + side - 1) / side); };
  const std::vector<int> lefts = spread(grey.cols, side, along(grey.cols));
  const std::vector<int> tops = spread(grey.rows, side, along(grey.rows));
  tiles.count = static_cast<int>(lefts.size() * tops.size());
  tiles.planes.create(tiles.count * side, side, CV_32F);
  const cv::Mat window = hann(side) * hann(side).t();
  int place = 0;
  for (const int top : tops) {
    for (const int left : lefts) {
      cv::Mat tile = tiles.planes.rowRange(place * side, (place + 1) * side);
      ++place;
      grey(cv::Rect(left, top, side, side)).convertTo(tile, CV_32F);
      tile -= cv::mean(tile);
      cv::multiply(tile, window, tile);
    }
  }
  return tiles;
}

std::vector<cv::Mat> to_power(const QualityTiles& tiles, const cv::Mat& spectra) {
  const double window_sum = cv::sum(hann(tiles.side).mul(hann(tiles.side)))[0];
  std::vector<cv::Mat> powers;
  for (int t = 0; t < tiles.count; ++t) {
    const cv::Mat spectrum = spectra.rowRange(t * tiles.side, (t + 1) * tiles.side);
    cv::Mat parts[2];
    cv::split(spectrum, parts);
    powers.emplace_back((parts[0].mul(parts[0]) + parts[1].mul(parts[1])) /
                        (window_sum * window_sum));
  }
  return powers;
}

cv::Mat centred(const cv::Mat& power) {
  const int side = power.rows, half = side / 2;
  cv::Mat all(side, side, CV_32F);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const int u = y - half, v = x - half;  // a real plane's power is the same at (-u, -v)
      const int row = (v >= 0 ? u : -u) + side;
      all.at<float>(y, x) = power.at<float>(row % side, std::abs(v));
    }
  }
  return all;
}

}  // namespace fovea::vision
