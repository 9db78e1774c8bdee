// SPDX-License-Identifier: Apache-2.0
#pragma once
// y[m, n] = activation(sum over k of x[m, k] w[n, k] + b[n]) + residual[m, n]

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "compute/ops/transformer.hpp"

namespace fovea::reference {

/// Hendrycks & Gimpel, "Gaussian Error Linear Units": exact, tanh and sigmoid forms.
inline double activate(compute::ops::Activation activation, double x) {
  using compute::ops::Activation;
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::gelu:
      return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
    case Activation::gelu_tanh:
      return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::gelu_quick:
      return x / (1.0 + std::exp(-1.702 * x));
    case Activation::relu:
      return x > 0.0 ? x : 0.0;
  }
  return x;
}

/// x [M, K], weight [N, K], bias [N] or empty, residual [M, N] or empty -> [M, N]
inline std::vector<double> linear(std::span<const float> x, std::span<const float> weight,
                                  std::span<const float> bias, std::span<const float> residual,
                                  std::size_t rows, std::size_t columns, std::size_t depth,
                                  compute::ops::Activation activation) {
  std::vector<double> y(rows * columns);
  for (std::size_t m = 0; m < rows; ++m) {
    for (std::size_t n = 0; n < columns; ++n) {
      double sum = bias.empty() ? 0.0 : bias[n];
      for (std::size_t k = 0; k < depth; ++k) {
        sum += static_cast<double>(x[m * depth + k]) * weight[n * depth + k];
      }
      y[m * columns + n] =
          activate(activation, sum) + (residual.empty() ? 0.0 : residual[m * columns + n]);
    }
  }
  return y;
}

}  // namespace fovea::reference
