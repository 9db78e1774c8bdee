// SPDX-License-Identifier: Apache-2.0
#pragma once
// One field of a CSV file.

#include <string>
#include <string_view>

namespace fovea::pipeline {

/// As RFC 4180, section 2 has it: in quotes when it must be, quotes doubled.
inline std::string csv_field(std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(field);
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace fovea::pipeline
