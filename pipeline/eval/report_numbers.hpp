// SPDX-License-Identifier: Apache-2.0
#pragma once
// Figures of a report as text and as JSON. NaN: nothing was counted.

#include <cmath>
#include <string>

#include <fmt/format.h>

#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {

inline std::string percent(double share) {
  return std::isnan(share) ? std::string("-") : fmt::format("{:.1f} %", 100 * share);
}

inline Json json_number(double value) {
  return std::isnan(value) ? Json(nullptr) : Json(rounded(value, 6));
}

/// Six decimals; empty for NaN.
inline std::string csv_number(double value) {
  return std::isnan(value) ? std::string() : fmt::format("{:.6f}", value);
}

}  // namespace fovea::pipeline
