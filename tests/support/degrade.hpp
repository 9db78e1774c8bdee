// SPDX-License-Identifier: Apache-2.0
#pragma once
// Known damage to a grey picture [H, W] u8, for tests and measurements of the scores.

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace fovea::test {

inline cv::Mat blurred(const cv::Mat& grey, double sigma) {
  if (sigma <= 0) return grey.clone();
  cv::Mat out;
  cv::GaussianBlur(grey, out, {0, 0}, sigma, sigma, cv::BORDER_REFLECT_101);
  return out;
}

/// As a camera that moves evenly by `length` pixels while it looks; counter-clockwise degrees.
inline cv::Mat moved(const cv::Mat& grey, double length, double degrees) {
  if (length <= 1) return grey.clone();
  const int side = 2 * static_cast<int>(std::ceil(length / 2)) + 3, middle = side / 2;
  const double angle = degrees * std::numbers::pi / 180;
  cv::Mat kernel = cv::Mat::zeros(side, side, CV_32F);
  constexpr int kPoints = 400;
  for (int i = 0; i < kPoints; ++i) {
    const double along = (length - 1) * ((i + 0.5) / kPoints - 0.5);
    const double x = middle + along * std::cos(angle), y = middle - along * std::sin(angle);
    const int left = static_cast<int>(std::floor(x)), top = static_cast<int>(std::floor(y));
    for (const int dy : {0, 1}) {
      for (const int dx : {0, 1}) {
        const double share =
            (dx == 1 ? x - left : 1 - (x - left)) * (dy == 1 ? y - top : 1 - (y - top));
        kernel.at<float>(top + dy, left + dx) += static_cast<float>(share / kPoints);
      }
    }
  }
  cv::Mat out;
  cv::filter2D(grey, out, -1, kernel, {-1, -1}, 0, cv::BORDER_REFLECT_101);
  return out;
}

/// With normal noise, the same for the same seed.
inline cv::Mat noisy(const cv::Mat& grey, double sigma, unsigned seed = 7) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal(0, sigma > 0 ? sigma : 1);
  cv::Mat out = grey.clone();
  for (int y = 0; y < out.rows; ++y) {
    auto* row = out.ptr<std::uint8_t>(y);
    for (int x = 0; sigma > 0 && x < out.cols; ++x) {
      row[x] = cv::saturate_cast<std::uint8_t>(row[x] + normal(generator));
    }
  }
  return out;
}

/// With a wave of that amplitude in grey levels; `degrees` across its stripes.
inline cv::Mat with_wave(const cv::Mat& grey, double amplitude, double period_px, double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  cv::Mat out = grey.clone();
  for (int y = 0; y < out.rows; ++y) {
    auto* row = out.ptr<std::uint8_t>(y);
    for (int x = 0; x < out.cols; ++x) {
      const double along = (x * std::cos(angle) - y * std::sin(angle)) / period_px;
      row[x] = cv::saturate_cast<std::uint8_t>(
          row[x] + amplitude * std::sin(2 * std::numbers::pi * along + 0.7));
    }
  }
  return out;
}

}  // namespace fovea::test
