// SPDX-License-Identifier: Apache-2.0
#pragma once
// Turning a picture upright.

#include <opencv2/core/mat.hpp>

namespace fovea::pipeline {

/// The upright picture of one stored with EXIF orientation 1 .. 8, as Pillow's
/// ImageOps.exif_transpose gives it. Orientation 1 returns `stored` itself.
cv::Mat upright(const cv::Mat& stored, int orientation);

/// Does turning it upright exchange a picture's width and height?
constexpr bool swaps_sides(int orientation) { return orientation >= 5; }

}  // namespace fovea::pipeline
