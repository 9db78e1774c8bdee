// SPDX-License-Identifier: Apache-2.0
#pragma once
// y[m, k] = x[tokens[m, k]], the rows of x counted through the batch

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fovea::reference {

/// x [B T, C], tokens [M K] -> [M K, C]
inline std::vector<double> gather_tokens(std::span<const float> x, std::size_t channels,
                                         std::span<const std::int32_t> tokens) {
  std::vector<double> y;
  for (const std::int32_t token : tokens) {
    const auto row = x.subspan(static_cast<std::size_t>(token) * channels, channels);
    y.insert(y.end(), row.begin(), row.end());
  }
  return y;
}

}  // namespace fovea::reference
