// SPDX-License-Identifier: Apache-2.0
#pragma once
// y[b, q, j] = keep * base[b, q, j] + 0.5 * sum over i < N of r[b, q, first + i] a[b, i, j]

#include <cstddef>
#include <span>
#include <vector>

namespace fovea::reference {

struct RolloutShape {
  std::size_t batch, queries, tokens, first, count;
};

/// base, r [B, Q, T], a [B, N, T] -> [B, Q, T]
inline std::vector<double> rollout_step(std::span<const float> base, double keep,
                                        std::span<const float> r, std::span<const float> a,
                                        const RolloutShape& shape) {
  std::vector<double> y;
  for (std::size_t row = 0; row < shape.batch * shape.queries; ++row) {
    const std::size_t b = row / shape.queries;
    for (std::size_t j = 0; j < shape.tokens; ++j) {
      double sum = 0;
      for (std::size_t i = 0; i < shape.count; ++i) {
        sum += static_cast<double>(r[row * shape.tokens + shape.first + i]) *
               a[(b * shape.count + i) * shape.tokens + j];
      }
      y.push_back(keep * base[row * shape.tokens + j] + 0.5 * sum);
    }
  }
  return y;
}

}  // namespace fovea::reference
