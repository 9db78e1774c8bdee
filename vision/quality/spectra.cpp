// SPDX-License-Identifier: Apache-2.0
#include "vision/quality/spectra.hpp"

#include <opencv2/core.hpp>

namespace fovea::vision {

cv::Mat quality_spectra(Fourier& fourier, const QualityTiles& tiles) {
  // One plane or all: a program for each number between costs seconds of a driver's time.
  if (tiles.count == 1) return fourier.forward(tiles.planes, 1);
  cv::Mat all(kMostTiles * tiles.side, tiles.side, CV_32F, cv::Scalar(0));
  tiles.planes.copyTo(all.rowRange(0, tiles.planes.rows));
  return fourier.forward(all, kMostTiles).rowRange(0, tiles.planes.rows);
}

}  // namespace fovea::vision
