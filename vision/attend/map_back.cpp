// SPDX-License-Identifier: Apache-2.0
#include "vision/attend/map_back.hpp"

#include "vision/attend/attend.hpp"

namespace fovea::vision {

namespace {

/// Input pixel u is `u - at + begin` of the resized copy, and that `out / in` of the copy's.
AxisBack axis_back(const ResampleAxis& axis, int at, int copy, int original) {
  const double scale =
      static_cast<double>(original) / copy * axis.in / static_cast<double>(axis.out);
  return {scale, scale * static_cast<double>(axis.begin - at)};
}

}  // namespace

MapBack::MapBack(const Preprocessor& preprocessor, const VitConfig& config, cv::Size copy,
                 cv::Size original)
    : original_(original), patch_(config.patch_w, config.patch_h) {
  const InputSize size = preprocessor.output_size(copy.height, copy.width);
  const ResizePlan plan = preprocessor.plan(copy.height, copy.width);
  input_ = {size.w, size.h};
  grid_ = patch_grid(config, size.h, size.w);
  x_ = axis_back(plan.x, plan.x_at, copy.width, original.width);
  y_ = axis_back(plan.y, plan.y_at, copy.height, original.height);
}

cv::Rect2d MapBack::patch(int row, int column) const {
  return {x_(column * patch_.width), y_(row * patch_.height), x_.scale * patch_.width,
          y_.scale * patch_.height};
}

cv::Rect2d MapBack::area() const {
  return {x_(0), y_(0), x_.scale * patch_.width * grid_.columns,
          y_.scale * patch_.height * grid_.rows};
}

std::optional<int> MapBack::patch_at(double x, double y) const {
  if (!(x >= 0 && x < original_.width && y >= 0 && y < original_.height)) return {};
  // Searched among the patches' own edges, so that what patch() says is what is found.
  for (int row = 0; row < grid_.rows; ++row) {
    if (!(y >= y_(row * patch_.height) && y < y_((row + 1) * patch_.height))) continue;
    for (int column = 0; column < grid_.columns; ++column) {
      if (x >= x_(column * patch_.width) && x < x_((column + 1) * patch_.width)) {
        return row * grid_.columns + column;
      }
    }
  }
  return {};
}

}  // namespace fovea::vision
