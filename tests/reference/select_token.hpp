// SPDX-License-Identifier: Apache-2.0
#pragma once
// y[b] = x[b, token]

#include <cstddef>
#include <span>
#include <vector>

namespace fovea::reference {

/// x [B, T, C] -> [B, C]
inline std::vector<double> select_token(std::span<const float> x, std::size_t batch,
                                        std::size_t tokens, std::size_t channels,
                                        std::size_t token) {
  std::vector<double> y;
  for (std::size_t b = 0; b < batch; ++b) {
    for (std::size_t c = 0; c < channels; ++c) y.push_back(x[(b * tokens + token) * channels + c]);
  }
  return y;
}

}  // namespace fovea::reference
