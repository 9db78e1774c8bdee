// SPDX-License-Identifier: Apache-2.0
#include "vision/crop.hpp"

#include <algorithm>
#include <cmath>

namespace fovea::vision {

cv::Rect pixels_of(const Box& box, cv::Size original, cv::Size copy, double pad) {
  const double sx = static_cast<double>(copy.width) / std::max(1, original.width);
  const double sy = static_cast<double>(copy.height) / std::max(1, original.height);
  const double pad_x = pad * static_cast<double>(box.width());
  const double pad_y = pad * static_cast<double>(box.height());
  const auto within = [](double value, int most) {
    return static_cast<int>(std::clamp(value, 0.0, static_cast<double>(most)));
  };
  const int x1 = within(std::floor((box.x1 - pad_x) * sx), copy.width - 1);
  const int y1 = within(std::floor((box.y1 - pad_y) * sy), copy.height - 1);
  const int x2 = std::max(x1 + 1, within(std::ceil((box.x2 + pad_x) * sx), copy.width));
  const int y2 = std::max(y1 + 1, within(std::ceil((box.y2 + pad_y) * sy), copy.height));
  return {x1, y1, x2 - x1, y2 - y1};
}

}  // namespace fovea::vision
