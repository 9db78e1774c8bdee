// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pixels on the host, after decoding and before preprocessing.

#include <opencv2/core/mat.hpp>

namespace fovea::vision {

/// `rgb` is CV_8UC3 in R, G, B order, non-empty, upright (EXIF orientation applied).
/// cv::Mat shares its bytes on copy; a stage that changes pixels clones first.
struct Image {
  cv::Mat rgb;

  int width_px() const { return rgb.cols; }
  int height_px() const { return rgb.rows; }
};

}  // namespace fovea::vision
