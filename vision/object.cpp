// SPDX-License-Identifier: Apache-2.0
#include "vision/object.hpp"

#include <algorithm>

namespace fovea::vision {

float iou(const Box& a, const Box& b) {
  const float width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const float height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const float both = width * height;
  return both / (a.area() + b.area() - both);
}

}  // namespace fovea::vision
