// SPDX-License-Identifier: Apache-2.0
#pragma once
// y[b, c] = mean over tokens first.. of x[b, t, c]

#include <cstddef>
#include <span>
#include <vector>

namespace fovea::reference {

/// x [B, T, C] -> [B, C]
inline std::vector<double> mean_tokens(std::span<const float> x, std::size_t batch,
                                       std::size_t tokens, std::size_t channels,
                                       std::size_t first) {
  std::vector<double> y(batch * channels);
  for (std::size_t b = 0; b < batch; ++b) {
    for (std::size_t t = first; t < tokens; ++t) {
      for (std::size_t c = 0; c < channels; ++c) {
        y[b * channels + c] +=
            x[(b * tokens + t) * channels + c] / static_cast<double>(tokens - first);
      }
    }
  }
  return y;
}

}  // namespace fovea::reference
