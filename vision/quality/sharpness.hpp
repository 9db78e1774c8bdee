// SPDX-License-Identifier: Apache-2.0
#pragma once
// Blur, motion and noise: what rings and sectors of the power spectrum say. Each asks how much of
// a picture's edges another, known blur would take away; that depends on how sharp they are, and
// hardly on what the picture shows. Pure functions of their arguments.

#include <array>
#include <optional>
#include <vector>

#include <opencv2/core/mat.hpp>

namespace fovea::vision {

/// Rings of the spectrum: number k is at k / 64 cycles a pixel.
inline constexpr int kRings = 33;
/// Directions, 5 degrees each, that a ring is cut into.
inline constexpr int kSectors = 36;

/// One tile's spectrum by ring.
struct Rings {
  std::array<double, kRings> power{};  // mean of each ring
  double floor = 0;                    // power of white noise: what no ring is below
  std::array<bool, kRings> clear{};    // is there more than noise in the ring?
};
Rings rings_of(const cv::Mat& power);
std::vector<Rings> rings_of(const std::vector<cv::Mat>& powers);

/// Share of the energy of its edges (sum over frequencies f of f^2 power) that a tile loses by
/// a Gaussian blur of one pixel; noise left out. 0 for a plain tile.
double loss_by_blur(const Rings& rings);

/// The Gaussian blur, in pixels, after which a scene whose power falls as 1 / f^2 has that loss:
/// loss = 1 / (1 + blur^2).
double blur_px_of(double loss);

struct Motion {
  double score = 1;    // least loss over directions by the greatest
  double degrees = 0;  // of the least, counter-clockwise from rightwards
};
/// As loss_by_blur(), but of blurs of two pixels along one direction, and of all tiles as one.
/// Nothing where the tiles are plain.
std::optional<Motion> motion_of(const std::vector<cv::Mat>& powers,
                                const std::vector<Rings>& rings);

}  // namespace fovea::vision
