// SPDX-License-Identifier: Apache-2.0
#pragma once
// y[i] = (a[i] + b[i]) / 2

#include <cstddef>
#include <span>
#include <vector>

namespace fovea::reference {

inline std::vector<double> average(std::span<const float> a, std::span<const float> b) {
  std::vector<double> y;
  for (std::size_t i = 0; i < a.size(); ++i) y.push_back((static_cast<double>(a[i]) + b[i]) / 2);
  return y;
}

}  // namespace fovea::reference
