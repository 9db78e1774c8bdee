// SPDX-License-Identifier: Apache-2.0
#pragma once
// Waves that run through the whole picture: peaks of the power spectrum that stand out from what
// is around them. Pure function of its argument.

#include <optional>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "vision/quality/quality.hpp"

namespace fovea::vision {

struct Patterns {
  double rows_or_columns = 0;  // root mean square, in grey levels, of the waves along an axis
  double across = 0;           // of all others
  std::optional<Wave> strongest;
};

/// `powers`: to_power(). A peak is counted where it has more than 12 times the power of its
/// surroundings, whichever is more of those along its direction from 0 and those across. Left
/// out: waves longer than an eighth of a tile, which the picture itself is full of, and what is a
/// multiple of 1/8 cycle a pixel on both axes, where JPEG's blocks are.
Patterns find_patterns(const std::vector<cv::Mat>& powers);

}  // namespace fovea::vision
