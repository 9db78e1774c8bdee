// SPDX-License-Identifier: Apache-2.0
#include "vision/spectral/window.hpp"

#include <cmath>
#include <numbers>

#include <opencv2/imgproc.hpp>

namespace fovea::vision {

cv::Mat hann_window(int rows, int columns) {
  const auto side = [](int count) {
    cv::Mat weights(count, 1, CV_32F);
    for (int i = 0; i < count; ++i) {
      const double wave = std::sin(std::numbers::pi * (i + 0.5) / count);
      weights.at<float>(i) = static_cast<float>(wave * wave);
    }
    return weights;
  };
  return side(rows) * side(columns).t();
}

void apply_window(const cv::Mat& plane, const cv::Mat& window, cv::Mat to) {
  const double mean = plane.dot(window) / cv::sum(window)[0];
  cv::subtract(plane, mean, to);
  cv::multiply(to, window, to);
}

cv::Mat small_grey(const cv::Mat& rgb, cv::Size size) {
  const bool smaller = size.width <= rgb.cols && size.height <= rgb.rows;
  cv::Mat small, grey, plane;
  cv::resize(rgb, small, size, 0, 0, smaller ? cv::INTER_AREA : cv::INTER_LINEAR);
  cv::cvtColor(small, grey, cv::COLOR_RGB2GRAY);
  grey.convertTo(plane, CV_32F);
  return plane;
}

}  // namespace fovea::vision
