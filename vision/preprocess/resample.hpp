// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pillow's image resize, bit for bit: two passes in 8-bit fixed point, horizontal first.
// The formulas are those of Pillow's Resample.c and Geometry.c (HPND licence).
// Thread rule: a scratch belongs to one thread at a time; all else is pure.

#include <cstdint>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "vision/preprocess/resample_kernels.hpp"
#include "vision/preprocess/resample_weights.hpp"
#include "vision/preprocess/spec.hpp"

namespace fovea::vision {

/// What one thread's resizes need besides their result, kept from picture to picture: once
/// the largest has passed, no resize by Pillow's filters allocates anything.
struct ResampleScratch {
  const ResampleKernels* kernels = resample_kernels().back();
  ResampleWeights horizontal, vertical;
  std::vector<std::uint8_t> ring;         // narrowed rows, as many as one output row blends
  std::vector<const std::uint8_t*> rows;  // those of one output row
  std::vector<int> columns, source_rows;  // nearest
  cv::Mat whole;                          // cv_linear
};

/// The window x.count by y.count of what Pillow's Image.resize((x.out, y.out), filter) gives.
/// Pixels outside the window cost nothing. `rgb` is [y.in, x.in] CV_8UC3 and stays untouched;
/// `out` is [y.count, x.count] CV_8UC3, apart from it, and keeps its memory. Beside it the
/// memory is bounded by the rows one output row needs.
/// Throws std::length_error when `filter` is cv_linear and the whole result exceeds 2^28 pixels.
void resample(const cv::Mat& rgb, const ResampleAxis& x, const ResampleAxis& y, Resample filter,
              ResampleScratch& scratch, cv::Mat& out);

}  // namespace fovea::vision
