// SPDX-License-Identifier: Apache-2.0
#pragma once
// The pipeline's door to nlohmann/json: keys keep the order they were set in, and text
// that is not UTF-8 never throws.

#include <cmath>
#include <string>

#include <nlohmann/json.hpp>

namespace fovea::pipeline {

using Json = nlohmann::ordered_json;

/// "schema" of every record; docs/results.md says what it promises.
inline constexpr int kSchema = 1;

/// One line, no newline. Bytes that are not UTF-8 become U+FFFD.
inline std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The same for people: indented by two.
inline std::string to_pretty(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

/// `value` rounded so that 0.93f is written 0.93 and not 0.9300000071525574.
inline double rounded(double value, int digits) {
  const double scale = std::pow(10.0, digits);
  return std::round(value * scale) / scale;
}

}  // namespace fovea::pipeline
