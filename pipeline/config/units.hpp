// SPDX-License-Identifier: Apache-2.0
#pragma once
// Numbers with units: from a text, and back to the text that a person would write.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fovea::pipeline {

/// A plain decimal number: no sign but '-', no inf, no hexadecimal. nullopt for anything else.
std::optional<double> parse_number(std::string_view text);
/// The number, if it is a whole one; nullopt too where a double no longer counts in ones.
std::optional<std::int64_t> to_whole(double value);
/// "0.6", "60%" -> 0.6.
std::optional<double> parse_score(std::string_view text);

/// "64MiB" -> 67108864. nullopt for anything that is not a size.
std::optional<std::int64_t> parse_bytes(std::string_view text);
std::string write_bytes(std::int64_t bytes);

/// "250M" -> 250000000.
std::optional<std::int64_t> parse_count(std::string_view text);
std::string write_count(std::int64_t count);

/// "1.5s" -> 1500 milliseconds. A number without a unit is none, but for 0.
std::optional<std::int64_t> parse_duration(std::string_view text);
std::string write_duration(std::int64_t milliseconds);

}  // namespace fovea::pipeline
