// SPDX-License-Identifier: Apache-2.0
#pragma once
// y[b, t] = (t < R ? prefix[t] : x[b, t - R]) + positions[t]

#include <cstddef>
#include <span>
#include <vector>

namespace fovea::reference {

/// x [B, N, C], prefix [R, C] or empty, positions [R + N, C] -> [B, R + N, C]
inline std::vector<double> tokens(std::span<const float> x, std::span<const float> prefix,
                                  std::span<const float> positions, std::size_t batch) {
  std::vector<double> y;
  const std::size_t per_image = x.size() / batch;
  for (std::size_t b = 0; b < batch; ++b) {
    for (std::size_t i = 0; i < positions.size(); ++i) {
      const double value = i < prefix.size() ? prefix[i] : x[b * per_image + i - prefix.size()];
      y.push_back(value + positions[i]);
    }
  }
  return y;
}

}  // namespace fovea::reference
