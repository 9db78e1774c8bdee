// SPDX-License-Identifier: Apache-2.0
#pragma once
// Numbers as signed bytes with one scale per row, and back: w -> round(w / s) s,
// s = max|w| / 127 of the row.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fovea::reference {

struct Int8Rows {
  std::vector<std::int64_t> q;
  std::vector<float> scale;
};

/// Each row of [rows, columns] by its own scale; ties to even.
inline Int8Rows int8_rows(std::span<const float> values, std::size_t columns) {
  Int8Rows rows;
  for (std::size_t first = 0; first < values.size(); first += columns) {
    float largest = 0;
    for (std::size_t i = first; i < first + columns; ++i) {
      largest = std::max(largest, std::abs(values[i]));
    }
    rows.scale.push_back(largest / 127.0f);
    for (std::size_t i = first; i < first + columns; ++i) {
      const double steps = largest > 0 ? double{values[i]} / rows.scale.back() : 0.0;
      rows.q.push_back(std::llrint(steps));
    }
  }
  return rows;
}

/// What is left of `values` once stored as int8, rounded to f32.
inline std::vector<float> through_int8(std::span<const float> values, std::size_t columns) {
  const Int8Rows rows = int8_rows(values, columns);
  std::vector<float> back(values.size());
  for (std::size_t i = 0; i < back.size(); ++i) {
    back[i] = static_cast<float>(static_cast<double>(rows.q[i]) * rows.scale[i / columns]);
  }
  return back;
}

}  // namespace fovea::reference
