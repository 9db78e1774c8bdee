// SPDX-License-Identifier: Apache-2.0
#pragma once
// A picture's scores for people, and its spectrum as a picture. Pure functions.

#include <optional>
#include <string>

#include <opencv2/core/mat.hpp>

#include "vision/quality/quality.hpp"

namespace fovea::pipeline {

/// "good", or what is low: "blurred by about 2.1 px, banding every 7.0 px at 90 degrees".
std::string verdict(const vision::Quality& quality);

/// "0.81", or "-" where there is no score.
std::string score_text(const std::optional<float>& score);

/// Levels from dark (1/10,000,000 of the strongest) to bright, 0 in the middle, where the white
/// lines beside it point. power [side, side / 2 + 1] f32 -> [2 side, 2 side, 3] u8.
cv::Mat spectrum_picture(const cv::Mat& power);

}  // namespace fovea::pipeline
