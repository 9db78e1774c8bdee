// SPDX-License-Identifier: Apache-2.0
#pragma once
// Weights as signed bytes with one scale per row: w = q s, symmetric, q in -127..127. Used where
// weights go to the device (linear_weights.cpp) and where an int8 model is written
// (vision/checkpoint/int8_model.cpp). Pure functions.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fovea::compute::ops {

/// Row n of a matrix [rows, columns] is scales[n] * values[n, :].
struct QuantizedRows {
  std::vector<std::int8_t> values;
  std::vector<float> scales;
};

/// s = max|w| / 127 of each row and q = w / s rounded to nearest, ties to even, so that
/// |w - q s| <= s / 2 (and a few parts in 2^24 of |w|, as s is an f32). A row of zeros, or of
/// numbers below f32's normal range, gets the smallest normal f32 as its scale. Quantising q s
/// again gives the same q, and s but for its last bit. Rows may be scaled (LayerScale) or
/// stacked (query, key, value) before or after: the q are the same.
/// Throws ModelError naming `name` when a weight is not finite. Requires: columns >= 1 and
/// weight.size() is a multiple of it.
QuantizedRows quantize_rows(std::span<const float> weight, std::size_t columns,
                            const std::string& name);

/// The largest |w - q s| of any row as a part of that row's largest |w|: at most 1/254.
double worst_relative_error(std::span<const float> weight, const QuantizedRows& rows);

}  // namespace fovea::compute::ops
