// SPDX-License-Identifier: Apache-2.0
#pragma once
// How much a picture differs from another of the same scene, by the magnitudes of the spectra of
// its parts: what moves a little keeps them, what comes or goes does not. docs/spectral.md.

#include <opencv2/core/mat.hpp>

#include "vision/spectral/fourier.hpp"

namespace fovea::vision {

/// What is kept of a picture. Comparable with that of another picture of the same shape.
struct TileSpectra {
  int across = 0, down = 0;  // tiles
  cv::Mat log_magnitude;     // CV_32F, a row a tile: log(1 + |F| / noise)
};

/// A grey copy, 160 pixels on its longer side, cut into tiles of 32 that overlap by half or more,
/// each under Hann's window without its mean: CV_32F [across * down * 32, 32].
struct Tiles {
  int across = 0, down = 0;
  cv::Mat planes;
};
Tiles cut_tiles(const cv::Mat& rgb);
/// Of the tiles' spectra, CV_32FC2 [across * down * 32, 17].
TileSpectra log_magnitudes(const Tiles& tiles, const cv::Mat& spectra);
TileSpectra tile_spectra(Fourier& fourier, const cv::Mat& rgb);

/// 0: the same; 1: nothing in common. The largest difference of any tile, where a tile's is
/// sum |a - b| / sum (max(a, b) + 1/2) over its frequencies. 1 where the shapes differ.
double spectral_change(const TileSpectra& a, const TileSpectra& b);

}  // namespace fovea::vision
