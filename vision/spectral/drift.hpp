// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far a picture is shifted against another of the same scene, to a fraction of a pixel: phase
// correlation (Kuglin and Hines 1975), then a plane through the phases (Stone et al. 2001).
// docs/spectral.md.

#include <optional>

#include <opencv2/core/mat.hpp>

#include "vision/spectral/fourier.hpp"

namespace fovea::vision {

/// What of a picture is compared: a small grey copy, and the spectrum of its middle.
struct DriftPicture {
  cv::Point2d scale;  // a pixel of the copy in pixels of the picture
  cv::Mat grey;       // CV_32F
  cv::Mat spectrum;   // CV_32FC2, of grey without its margins, under Hann's window
};

/// A point at (x, y) of the reference is at (x + dx, y + dy) of the picture.
struct Drift {
  double dx = 0, dy = 0;  // pixels of the picture
  double peak = 0;        // of the phase correlation: 1 where one is the other shifted, 0 noise
};

/// rgb CV_8UC3 of at least 32 x 32 pixels.
DriftPicture drift_picture(Fourier& fourier, const cv::Mat& rgb);
/// The largest drift that can be measured, in pixels of a picture of that size: an eighth of its
/// sides.
cv::Point2d largest_drift(const DriftPicture& picture);
/// A peak to tell a drift by; a shifted photograph with some noise has 0.7 or more.
inline constexpr double kLeastPeak = 0.06;
/// Nothing where the two have no shift in common: another scene, too little detail, or a drift
/// beyond largest_drift(). Requires: pictures of one size.
std::optional<Drift> measure_drift(Fourier& fourier, const DriftPicture& reference,
                                   const DriftPicture& picture, double least_peak = kLeastPeak);

/// The shift that explains the phases of `now` against `reference`, both CV_32FC2 [H, W/2+1], by
/// least squares weighted by the magnitudes, over frequencies below a quarter of a cycle a pixel.
/// Requires: less than half a pixel to begin with.
cv::Point2d fit_phases(const cv::Mat& reference, const cv::Mat& now, int width);

}  // namespace fovea::vision
