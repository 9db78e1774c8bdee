// SPDX-License-Identifier: Apache-2.0
#pragma once
// One picture's scores from its pixels and power spectra. Pure function of its arguments.

#include <vector>

#include <opencv2/core/mat.hpp>

#include "vision/quality/quality.hpp"
#include "vision/quality/sharpness.hpp"

namespace fovea::vision {

/// All scores but those of streams. grey [H, W] u8, `powers`: to_power() of its make_tiles(),
/// `rings`: rings_of() each of them; empty where it has no tile.
Quality score_picture(const cv::Mat& grey, const std::vector<cv::Mat>& powers,
                      const std::vector<Rings>& rings);

}  // namespace fovea::vision
