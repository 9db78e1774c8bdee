// SPDX-License-Identifier: Apache-2.0
#pragma once
// OpenCV's transform in place of the device's: the twin, and what unit tests score by.

#include <opencv2/core.hpp>

#include "vision/quality/score.hpp"
#include "vision/quality/tiles.hpp"

namespace fovea::test {

/// As rfft2 of the planes. [T * side, side] f32 -> [T * side, side / 2 + 1] f32x2.
inline cv::Mat spectra_by_dft(const vision::QualityTiles& tiles) {
  cv::Mat all(tiles.count * tiles.side, tiles.side / 2 + 1, CV_32FC2);
  for (int t = 0; t < tiles.count; ++t) {
    cv::Mat full;
    cv::dft(tiles.planes.rowRange(t * tiles.side, (t + 1) * tiles.side), full,
            cv::DFT_COMPLEX_OUTPUT);
    full.colRange(0, tiles.side / 2 + 1).copyTo(all.rowRange(t * tiles.side, (t + 1) * tiles.side));
  }
  return all;
}

inline std::vector<cv::Mat> powers_by_dft(const cv::Mat& grey) {
  const vision::QualityTiles tiles = vision::make_tiles(grey);
  return tiles.count == 0 ? std::vector<cv::Mat>() : vision::to_power(tiles, spectra_by_dft(tiles));
}

inline vision::Quality quality_by_dft(const cv::Mat& grey) {
  const std::vector<cv::Mat> powers = powers_by_dft(grey);
  return vision::score_picture(grey, powers, vision::rings_of(powers));
}

}  // namespace fovea::test
