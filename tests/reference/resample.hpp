// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pillow's resize in 8-bit fixed point as plain loops: columns first, each sum rounded to a byte.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fovea::reference {

/// What one output column or row is made of: samples first, first + 1, ... times the weights.
struct Taps {
  int first = 0;
  std::vector<std::int32_t> weights;  // 2^22 is 1
};

inline std::uint8_t resample_byte(std::int64_t sum) {
  const std::int64_t rounded = (sum + (std::int64_t{1} << 21)) >> 22;
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>(rounded, 0, 255));
}

/// rgb [height, source_w, 3] -> [rows.size(), columns.size(), 3].
inline std::vector<std::uint8_t> resample(const std::vector<std::uint8_t>& rgb, int source_w,
                                          const std::vector<Taps>& columns,
                                          const std::vector<Taps>& rows) {
  const auto u = [](int value) { return static_cast<std::size_t>(value); };
  const int height = static_cast<int>(rgb.size() / 3 / u(source_w));
  std::vector<std::uint8_t> narrow;
  for (int y = 0; y < height; ++y) {
    for (const Taps& column : columns) {
      for (std::size_t c = 0; c < 3; ++c) {
        std::int64_t sum = 0;
        for (std::size_t l = 0; l < column.weights.size(); ++l) {
          sum += std::int64_t{rgb[(u(y) * u(source_w) + u(column.first) + l) * 3 + c]} *
                 column.weights[l];
        }
        narrow.push_back(resample_byte(sum));
      }
    }
  }
  std::vector<std::uint8_t> out;
  for (const Taps& row : rows) {
    for (std::size_t at = 0; at < columns.size() * 3; ++at) {
      std::int64_t sum = 0;
      for (std::size_t k = 0; k < row.weights.size(); ++k) {
        sum += std::int64_t{narrow[(u(row.first) + k) * columns.size() * 3 + at]} * row.weights[k];
      }
      out.push_back(resample_byte(sum));
    }
  }
  return out;
}

}  // namespace fovea::reference
