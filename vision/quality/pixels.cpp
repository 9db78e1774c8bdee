// SPDX-License-Identifier: Apache-2.0
#include "vision/quality/pixels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include <opencv2/core.hpp>

namespace fovea::vision {
namespace {

constexpr int kBlock = 8;
constexpr int kLeastPx = 32;        // four blocks
constexpr double kUsualStep = 0.5;  // is added: grey levels are whole, and plain areas have none

float median(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Along the rows of `grey`.
double blockiness_along_rows(const cv::Mat& grey) {
  cv::Mat steps, profile;
  cv::absdiff(grey.colRange(1, grey.cols), grey.colRange(0, grey.cols - 1), steps);
  cv::reduce(steps, profile, 0, cv::REDUCE_AVG, CV_32F);
  std::array<std::vector<float>, kBlock> by_place;
  for (int x = 0; x < profile.cols; ++x) {
    by_place[static_cast<std::size_t>(x % kBlock)].push_back(profile.at<float>(0, x));
  }
  std::vector<float> usual;
  for (const auto& values : by_place) usual.push_back(median(values));
  std::sort(usual.begin(), usual.end());
  const float most = usual.back();
  usual.pop_back();
  const float rest = median(usual);
  return (most - rest) / (rest + kUsualStep);
}

}  // namespace

Exposure exposure_of(const cv::Mat& grey) {
  std::array<std::int64_t, 256> counts{};
  for (int y = 0; y < grey.rows; ++y) {
    const auto* row = grey.ptr<std::uint8_t>(y);
    for (int x = 0; x < grey.cols; ++x) ++counts[row[x]];
  }
  Exposure exposure;
  const double pixels = static_cast<double>(grey.rows) * grey.cols;
  for (int level = 0; level < 256; ++level) {
    const double share = static_cast<double>(counts[static_cast<std::size_t>(level)]) / pixels;
    exposure.mean += share * level / 255;
    if (level <= 2 || level >= 253) exposure.clipped += share;
  }
  return exposure;
}

double exposure_score(const Exposure& exposure) {
  return (1 - exposure.clipped) * (1 - std::pow(2 * exposure.mean - 1, 4));
}

std::optional<double> blockiness(const cv::Mat& grey) {
  if (std::min(grey.cols, grey.rows) < kLeastPx) return std::nullopt;
  return (blockiness_along_rows(grey) + blockiness_along_rows(grey.t())) / 2;
}

}  // namespace fovea::vision
