// SPDX-License-Identifier: Apache-2.0
#pragma once
// What of a picture is looked at: tiles of its own resolution, and their power spectra. Pure
// functions of their arguments.

#include <vector>

#include <opencv2/core/mat.hpp>

namespace fovea::vision {

/// Tiles of one picture, at most: three rows of three.
inline constexpr int kMostTiles = 9;

/// [T * side, side] f32 grey levels from 0 to 255, one tile below the other; each has mean 0 and
/// fades to its edges (Hann). Where the picture is too small for the least tile, `side` is 0.
struct QualityTiles {
  int side = 0;   // 256, 128 or 64
  int count = 0;  // T
  cv::Mat planes;
};

/// Grey levels as JPEG has them: 0.299 R + 0.587 G + 0.114 B. rgb [H, W] u8x3 -> [H, W] u8.
cv::Mat to_grey(const cv::Mat& rgb);

/// The largest tiles that fit, evenly spread from edge to edge. grey [H, W] u8.
QualityTiles make_tiles(const cv::Mat& grey);

/// Each tile's power by frequency [side, side / 2 + 1] f32, rows in the order of a transform, so
/// scaled that white noise of standard deviation s has the power s^2 everywhere.
/// spectra [T * side, side / 2 + 1] f32x2: rfft2 of QualityTiles::planes.
std::vector<cv::Mat> to_power(const QualityTiles& tiles, const cv::Mat& spectra);

/// A power spectrum with all frequencies, 0 in the middle. [side, side / 2 + 1] -> [side, side].
cv::Mat centred(const cv::Mat& power);

}  // namespace fovea::vision
