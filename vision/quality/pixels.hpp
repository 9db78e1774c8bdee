// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is told from the grey levels themselves. Pure functions of their arguments.

#include <optional>

#include <opencv2/core/mat.hpp>

namespace fovea::vision {

struct Exposure {
  double mean = 0;     // 0 black, 1 white
  double clipped = 0;  // share of pixels within 2 grey levels of black or white
};
/// grey [H, W] u8.
Exposure exposure_of(const cv::Mat& grey);
/// (1 - clipped) (1 - (2 mean - 1)^4): 1 in the middle, 0.6 where the mean is a tenth.
double exposure_score(const Exposure& exposure);

/// How much larger steps are across the borders of JPEG's blocks than elsewhere, in units of the
/// usual step; 0 or more. Of the eight places where the grid may begin, the one with the largest
/// steps counts (Wang, Sheikh and Bovik 2002, blocking without its activity terms, with medians).
/// Nothing for pictures under 32 pixels. grey [H, W] u8.
std::optional<double> blockiness(const cv::Mat& grey);

}  // namespace fovea::vision
