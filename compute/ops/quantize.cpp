// SPDX-License-Identifier: Apache-2.0
#include "compute/ops/quantize.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "compute/error.hpp"

namespace fovea::compute::ops {

QuantizedRows quantize_rows(std::span<const float> weight, std::size_t columns,
                            const std::string& name) {
  assert(columns >= 1 && weight.size() % columns == 0);
  QuantizedRows rows;
  rows.values.reserve(weight.size());
  rows.scales.reserve(weight.size() / columns);
  for (std::size_t at = 0; at < weight.size(); at += columns) {
    const auto row = weight.subspan(at, columns);
    float largest = 0;
    for (const float value : row) {
      if (!std::isfinite(value)) {
        throw ModelError(fmt::format("a weight of {} cannot be stored as int8", value), name,
                         "check the weights for damage: no precision gives right answers");
      }
      largest = std::max(largest, std::fabs(value));
    }
    const float scale = std::max(largest / 127.0f, std::numeric_limits<float>::min());
    rows.scales.push_back(scale);
    for (const float value : row) {
      rows.values.push_back(
          static_cast<std::int8_t>(std::nearbyint(static_cast<double>(value) / scale)));
    }
  }
  return rows;
}

double worst_relative_error(std::span<const float> weight, const QuantizedRows& rows) {
  const std::size_t columns = rows.scales.empty() ? 0 : weight.size() / rows.scales.size();
  double worst = 0;
  for (std::size_t n = 0; n < rows.scales.size(); ++n) {
    double largest = 0, error = 0;
    for (std::size_t i = n * columns; i < (n + 1) * columns; ++i) {
      const double value = weight[i];
      largest = std::max(largest, std::fabs(value));
      error = std::max(error, std::fabs(value - rows.values[i] * double{rows.scales[n]}));
    }
    if (largest > 0) worst = std::max(worst, error / largest);
  }
  return worst;
}

}  // namespace fovea::compute::ops
