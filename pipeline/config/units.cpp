// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/core.h>

namespace fovea::pipeline {
namespace {

using Unit = std::pair<std::string_view, double>;
constexpr std::array<Unit, 10> kByteUnits{{{"KiB", 1024.0},
                                           {"MiB", 1024.0 * 1024},
                                           {"GiB", 1024.0 * 1024 * 1024},
                                           {"TiB", 1024.0 * 1024 * 1024 * 1024},
                                           {"kB", 1e3},
                                           {"KB", 1e3},
                                           {"MB", 1e6},
                                           {"TB", 1e12},
                                           {"GB", 1e9},
                                           {"B", 1}}};
constexpr std::array<Unit, 4> kCountUnits{{{"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}}};
constexpr std::array<Unit, 4> kDurationUnits{{{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}}};

template <std::size_t N>
std::optional<std::int64_t> parse_unit(std::string_view text, const std::array<Unit, N>& units) {
  double factor = 1;
  for (const auto& [suffix, scale] : units) {
    if (text.ends_with(suffix)) {
      text.remove_suffix(suffix.size());
      factor = scale;
      break;
    }
  }
  while (text.ends_with(' ')) text.remove_suffix(1);
  const std::optional<double> number = parse_number(text);
  // 1.1MB is 1100000.0000000002 in binary: round what is a hair from whole.
  if (!number) return std::nullopt;
  const double value = *number * factor;
  const double rounded = std::round(value);
  return to_whole(std::abs(value - rounded) < 1e-6 ? rounded : value);
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  for (const char c : text) {
    if (!(c >= '0' && c <= '9') && c != '.' && c != '-' && c != 'e' && c != 'E') {
      return std::nullopt;
    }
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> to_whole(double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53: whole numbers are exact below it
  if (!(value >= -kExact && value <= kExact) || value != std::floor(value)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  return parse_unit(text, kByteUnits);
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  return parse_unit(text, kCountUnits);
}

std::optional<double> parse_score(std::string_view text) {
  if (!text.ends_with('%')) return parse_number(text);
  const std::optional<double> percent = parse_number(text.substr(0, text.size() - 1));
  if (!percent) return std::nullopt;
  return *percent / 100;
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  if (text == "0") return 0;
  const bool has_unit = text.ends_with('s') || text.ends_with('m') || text.ends_with('h');
  return has_unit ? parse_unit(text, kDurationUnits) : std::nullopt;
}

std::string write_bytes(std::int64_t bytes) {
  if (bytes == 0) return "0";
  for (const auto& [suffix, scale] :
       {kByteUnits[2], kByteUnits[1], kByteUnits[7], kByteUnits[8], kByteUnits[6]}) {
    const auto unit = static_cast<std::int64_t>(scale);
    if (bytes % unit == 0) return fmt::format("{}{}", bytes / unit, suffix);
  }
  return std::to_string(bytes);
}

std::string write_count(std::int64_t count) {
  if (count != 0 && count % 1'000'000 == 0) return fmt::format("{}M", count / 1'000'000);
  if (count != 0 && count % 1000 == 0) return fmt::format("{}k", count / 1000);
  return std::to_string(count);
}

std::string write_duration(std::int64_t milliseconds) {
  if (milliseconds == 0) return "0s";
  for (const auto& [suffix, scale] : {kDurationUnits[3], kDurationUnits[2]}) {
    const auto unit = static_cast<std::int64_t>(scale);
    if (milliseconds % unit == 0) return fmt::format("{}{}", milliseconds / unit, suffix);
  }
  if (std::abs(milliseconds) < 1000) return fmt::format("{}ms", milliseconds);
  return fmt::format("{}s", static_cast<double>(milliseconds) / 1000);
}

}  // namespace fovea::pipeline
