// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where element (n, k) of a weight lies once packed: the C++ side of
// shaders/include/linear_interface.glsl (`blocks`) and of the kernels that load whole matrices
// (`rows`: K contiguous, padded to what those kernels take at a time).

#include <cstddef>
#include <cstdint>

#include "compute/ops/transformer.hpp"

namespace fovea::compute::ops {

struct LinearLayout {
  std::int64_t out_features = 0, in_features = 0;  // N, K
  WeightLayout kind = WeightLayout::blocks;

  static constexpr std::size_t kColumns = 32;      // of one block
  static constexpr std::size_t kRows = 128;        // what the number of rows is padded to
  static constexpr std::size_t kRowMultiple = 64;  // and the depths of a row

  std::size_t padded_out() const {
    const std::size_t multiple = kind == WeightLayout::rows ? kRows : kColumns;
    return (static_cast<std::size_t>(out_features) + multiple - 1) / multiple * multiple;
  }
  std::size_t padded_in() const {
    const std::size_t multiple = kind == WeightLayout::rows ? kRowMultiple : 4;
    return (static_cast<std::size_t>(in_features) + multiple - 1) / multiple * multiple;
  }
  std::size_t element_count() const { return padded_out() * padded_in(); }
  /// [N/32][K/2][8 quads][2 depths][4 columns], or [N][K]
  std::size_t index(std::size_t n, std::size_t k) const {
    if (kind == WeightLayout::rows) return n * padded_in() + k;
    const std::size_t block = n / kColumns * (padded_in() / 2) + k / 2;
    return ((block * 8 + n % kColumns / 4) * 2 + k % 2) * 4 + n % 4;
  }
  /// i8: [N/32][K/4][8 quads][4 columns][4 depths], or [N][K]
  std::size_t i8_index(std::size_t n, std::size_t k) const {
    if (kind == WeightLayout::rows) return index(n, k);
    const std::size_t block = n / kColumns * (padded_in() / 4) + k / 4;
    return ((block * 8 + n % kColumns / 4) * 4 + n % 4) * 4 + k % 4;
  }
};

}  // namespace fovea::compute::ops
