// SPDX-License-Identifier: Apache-2.0
#pragma once
// multiply_add's sums of recurrences, in double.

#include <cstddef>
#include <vector>

namespace fovea::reference {

/// -> [count]
inline std::vector<double> multiply_add(double factor, double term, std::size_t count,
                                        std::size_t quads, int turns) {
  std::vector<double> y(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t chain = 0; chain < 4 * quads; ++chain) {
      double v = static_cast<double>(i % 1024 + chain) / 1024.0;
      for (int t = 0; t < turns; ++t) v = v * factor + term;
      y[i] += v;
    }
  }
  return y;
}

}  // namespace fovea::reference
