// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pillow's image resize, bit for bit: two passes in 8-bit fixed point, horizontal first.
// The formulas are those of Pillow's Resample.c and Geometry.c (HPND licence).
// Thread rule: pure functions.

#include <cstdint>

#include <opencv2/core/mat.hpp>

#include "vision/preprocess/spec.hpp"

namespace fovea::vision {

/// One axis of a resize from `in` to `out` samples, of which only `count` samples from
/// `begin` on are wanted. Requires: in, out, count >= 1; 0 <= begin; begin + count <= out.
struct ResampleAxis {
  int in = 1;
  std::int64_t out = 1;
  std::int64_t begin = 0;
  int count = 1;

  /// All of `out`.
  static ResampleAxis whole(int in, int out) { return {in, out, 0, out}; }
};

/// The window x.count by y.count of what Pillow's Image.resize((x.out, y.out), filter) gives.
/// Pixels outside the window cost nothing. `rgb` is [y.in, x.in] CV_8UC3 and stays untouched;
/// memory beside the result is bounded by the rows one output row needs.
/// Throws std::length_error when `filter` is cv_linear and the whole result exceeds 2^28 pixels.
cv::Mat resample(const cv::Mat& rgb, const ResampleAxis& x, const ResampleAxis& y, Resample filter);

}  // namespace fovea::vision
