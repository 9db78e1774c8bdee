// SPDX-License-Identifier: Apache-2.0
#include "vision/spectral/change.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/core.hpp>

#include "vision/spectral/window.hpp"

namespace fovea::vision {
namespace {

constexpr int kLongSide = 160, kTile = 32, kStep = 16;
// Grey levels: what is below counts as the sensor's noise, of which the small copy has little.
constexpr double kNoise = 4;

cv::Size small_size(const cv::Mat& rgb) {
  const double scale = static_cast<double>(kLongSide) / std::max(rgb.cols, rgb.rows);
  const auto scaled = [&](int px) {
    return std::max(kTile, static_cast<int>(std::lround(px * scale)));
  };
  return {scaled(rgb.cols), scaled(rgb.rows)};
}

/// Where tiles begin, from the first pixel to the last.
std::vector<int> places(int length) {
  const int count = (length - kTile + kStep - 1) / kStep + 1;
  std::vector<int> begins(static_cast<std::size_t>(count), 0);
  for (int i = 1; i < count; ++i) {
    begins[static_cast<std::size_t>(i)] = i * (length - kTile) / (count - 1);
  }
  return begins;
}

}  // namespace

Tiles cut_tiles(const cv::Mat& rgb) {
  static const cv::Mat window = hann_window(kTile, kTile);
  const cv::Mat grey = small_grey(rgb, small_size(rgb));
  const std::vector<int> columns = places(grey.cols), rows = places(grey.rows);
  Tiles tiles{static_cast<int>(columns.size()), static_cast<int>(rows.size()), {}};
  tiles.planes.create(tiles.across * tiles.down * kTile, kTile, CV_32F);
  int at = 0;
  for (const int y : rows) {
    for (const int x : columns) {
      apply_window(grey({x, y, kTile, kTile}), window, tiles.planes.rowRange(at, at + kTile));
      at += kTile;
    }
  }
  return tiles;
}

TileSpectra log_magnitudes(const Tiles& tiles, const cv::Mat& spectra) {
  static const cv::Mat window = hann_window(kTile, kTile);
  // Noise of standard deviation s has magnitudes of about s times the window's norm.
  const double unit = kNoise * cv::norm(window);
  TileSpectra kept{tiles.across, tiles.down, {}};
  cv::Mat parts[2], magnitude;
  cv::split(spectra, parts);
  cv::magnitude(parts[0], parts[1], magnitude);
  magnitude.convertTo(magnitude, CV_32F, 1 / unit, 1);
  cv::log(magnitude, kept.log_magnitude);
  kept.log_magnitude = kept.log_magnitude.reshape(1, tiles.across * tiles.down);
  return kept;
}

TileSpectra tile_spectra(Fourier& fourier, const cv::Mat& rgb) {
  const Tiles tiles = cut_tiles(rgb);
  return log_magnitudes(tiles, fourier.forward(tiles.planes, tiles.across * tiles.down));
}

double spectral_change(const TileSpectra& a, const TileSpectra& b) {
  if (a.across != b.across || a.down != b.down) return 1;
  double largest = 0;
  for (int tile = 0; tile < a.log_magnitude.rows; ++tile) {
    const cv::Mat one = a.log_magnitude.row(tile), other = b.log_magnitude.row(tile);
    const double different = cv::norm(one, other, cv::NORM_L1);
    const double all = cv::sum(cv::max(one, other))[0] + 0.5 * one.cols;
    largest = std::max(largest, different / all);
  }
  return largest;
}

}  // namespace fovea::vision
