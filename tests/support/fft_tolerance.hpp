// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far a transform in f32 may be from one in double.

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace fovea::test {

/// A fast transform of n values makes log2(n) sums of each, each rounded: its error is at most
/// proportional to eps log2(n) times the norm of what it transforms (Higham, Accuracy and Stability
/// of Numerical Algorithms, 24.1). Primes above 13 go through a convolution, which is two more
/// transforms, of two to four times the length. `norm` is that of one plane.
inline double fft_tolerance(double norm, std::size_t elements) {
  constexpr double kFactor = 2;
  return kFactor * static_cast<double>(std::numeric_limits<float>::epsilon()) *
         std::max(1.0, std::log2(static_cast<double>(elements))) * norm;
}

/// The largest norm of `count` planes.
inline double largest_norm(const std::vector<float>& values, std::size_t count) {
  double largest = 0;
  const std::size_t plane = values.size() / count;
  for (std::size_t first = 0; first < values.size(); first += plane) {
    double sum = 0;
    for (std::size_t i = first; i < first + plane; ++i) {
      sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    }
    largest = std::max(largest, std::sqrt(sum));
  }
  return largest;
}

}  // namespace fovea::test
