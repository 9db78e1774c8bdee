// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tiles' Fourier transforms, on the device: all of a picture's in one run.

#include <opencv2/core/mat.hpp>

#include "vision/quality/tiles.hpp"
#include "vision/spectral/fourier.hpp"

namespace fovea::vision {

/// rfft2 of each plane, for to_power(). [T * side, side] -> [T * side, side / 2 + 1] f32x2.
/// Requires: tiles.count > 0.
cv::Mat quality_spectra(Fourier& fourier, const QualityTiles& tiles);

}  // namespace fovea::vision
