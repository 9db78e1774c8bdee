// SPDX-License-Identifier: Apache-2.0
#pragma once
// y[r, c] = (x[r, c] - mean of row r) / sqrt(variance of row r + epsilon) * gamma[c] + beta[c]

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace fovea::reference {

/// x [rows, C], gamma [C], beta [C] -> [rows, C]; the variance divides by C.
inline std::vector<double> layer_norm(std::span<const float> x, std::span<const float> gamma,
                                      std::span<const float> beta, double epsilon) {
  const std::size_t channels = gamma.size();
  std::vector<double> y(x.size());
  for (std::size_t row = 0; row < x.size(); row += channels) {
    double mean = 0.0, variance = 0.0;
    for (std::size_t c = 0; c < channels; ++c) mean += x[row + c];
    mean /= static_cast<double>(channels);
    for (std::size_t c = 0; c < channels; ++c) {
      variance += (x[row + c] - mean) * (x[row + c] - mean);
    }
    variance /= static_cast<double>(channels);
    for (std::size_t c = 0; c < channels; ++c) {
      y[row + c] = (x[row + c] - mean) / std::sqrt(variance + epsilon) * gamma[c] + beta[c];
    }
  }
  return y;
}

}  // namespace fovea::reference
