// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where element (n, k) of a weight lies once packed: the C++ side of
// shaders/include/linear_interface.glsl.

#include <cstddef>
#include <cstdint>

namespace fovea::compute::ops {

struct LinearLayout {
  std::int64_t out_features = 0, in_features = 0;  // N, K

  static constexpr std::size_t kColumns = 32;  // of one block

  std::size_t padded_out() const {
    return (static_cast<std::size_t>(out_features) + kColumns - 1) / kColumns * kColumns;
  }
  std::size_t padded_in() const { return (static_cast<std::size_t>(in_features) + 3) / 4 * 4; }
  std::size_t element_count() const { return padded_out() * padded_in(); }
  /// [N/32][K/2][8 quads][2 depths][4 columns]
  std::size_t index(std::size_t n, std::size_t k) const {
    const std::size_t block = n / kColumns * (padded_in() / 2) + k / 2;
    return ((block * 8 + n % kColumns / 4) * 2 + k % 2) * 4 + n % 4;
  }
};

}  // namespace fovea::compute::ops
