// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which pixels of a picture show an object.

#include <opencv2/core/types.hpp>

#include "vision/object.hpp"

namespace fovea::vision {

/// The whole pixels that `box` touches: at least one, none outside. The box is in pixels of a
/// picture of `original` size, the answer in those of a copy of `copy` size. `pad` is added on
/// each side, as a share of the box's width and height.
cv::Rect pixels_of(const Box& box, cv::Size original, cv::Size copy, double pad = 0);

}  // namespace fovea::vision
