// SPDX-License-Identifier: Apache-2.0
#pragma once
// y[b, i, h] = sum over j of softmax_j(q[b, i, h] . k[b, j, h] / sqrt(D)) v[b, j, h]

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace fovea::reference {

/// softmax_j(q[b, i, h] . k[b, j, h] / sqrt(D)): query `i` of image `b`, head `h`.
/// qkv [B, T, 3, H, D] -> [T]
inline std::vector<double> attention_weights(std::span<const float> qkv, std::size_t tokens,
                                             std::size_t heads, std::size_t dim, std::size_t b,
                                             std::size_t i, std::size_t h) {
  const auto at = [&](std::size_t token, std::size_t part) {
    return qkv.data() + (((b * tokens + token) * 3 + part) * heads + h) * dim;
  };
  std::vector<double> weight(tokens);
  double largest = -INFINITY;
  for (std::size_t j = 0; j < tokens; ++j) {
    double dot = 0.0;
    for (std::size_t d = 0; d < dim; ++d) dot += static_cast<double>(at(i, 0)[d]) * at(j, 1)[d];
    weight[j] = dot / std::sqrt(static_cast<double>(dim));
    largest = std::max(largest, weight[j]);
  }
  double total = 0.0;
  for (double& w : weight) total += w = std::exp(w - largest);
  for (double& w : weight) w /= total;
  return weight;
}

/// One row: query `i` of image `b`, head `h`.     qkv [B, T, 3, H, D] -> [D]
inline std::vector<double> attention_row(std::span<const float> qkv, std::size_t tokens,
                                         std::size_t heads, std::size_t dim, std::size_t b,
                                         std::size_t i, std::size_t h) {
  const std::vector<double> weight = attention_weights(qkv, tokens, heads, dim, b, i, h);
  std::vector<double> y(dim);
  for (std::size_t j = 0; j < tokens; ++j) {
    const float* value = qkv.data() + (((b * tokens + j) * 3 + 2) * heads + h) * dim;
    for (std::size_t d = 0; d < dim; ++d) y[d] += weight[j] * value[d];
  }
  return y;
}

/// qkv [B, T, 3, H, D] -> [B, T, H, D]
inline std::vector<double> attention(std::span<const float> qkv, std::size_t batch,
                                     std::size_t tokens, std::size_t heads, std::size_t dim) {
  std::vector<double> y;
  y.reserve(batch * tokens * heads * dim);
  for (std::size_t b = 0; b < batch; ++b) {
    for (std::size_t i = 0; i < tokens; ++i) {
      for (std::size_t h = 0; h < heads; ++h) {
        const auto row = attention_row(qkv, tokens, heads, dim, b, i, h);
        y.insert(y.end(), row.begin(), row.end());
      }
    }
  }
  return y;
}

}  // namespace fovea::reference
