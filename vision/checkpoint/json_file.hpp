// SPDX-License-Identifier: Apache-2.0
#pragma once
// JSON from files that nobody vouches for: bounded in size and depth, every failure a
// ModelError that names the file. Only vision/checkpoint/ includes this.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace fovea::vision {

enum class DuplicateKeys : int {
  last_wins,  // what Python's json does: for files people write
  refused,    // for tables of offsets, where a second answer is an attack
};

/// Throws ModelError when `text` is not JSON, nests deeper than 64 levels, or repeats a key
/// where that is refused. `where` names the text in messages.
nlohmann::json parse_json(std::string_view text, const std::string& where,
                          DuplicateKeys duplicates = DuplicateKeys::last_wins);

/// A whole file as a JSON object. Throws ModelError when it is absent, larger than 64 MiB, not
/// JSON, or not an object.
nlohmann::json read_json_object(const std::filesystem::path& file);

/// object[key] as an integer, `fallback` where it is absent or null. Throws ModelError when
/// it is not a whole number within [low, high].
std::int64_t integer_or(const nlohmann::json& object, const char* key, std::int64_t fallback,
                        std::int64_t low, std::int64_t high, const std::string& where);
/// object[key] as a finite number, `fallback` where it is absent or null.
double number_or(const nlohmann::json& object, const char* key, double fallback,
                 const std::string& where);
/// object[key] as a truth value, `fallback` where it is absent or null.
bool boolean_or(const nlohmann::json& object, const char* key, bool fallback,
                const std::string& where);
/// object[key] as text, `fallback` where it is absent or null.
std::string string_or(const nlohmann::json& object, const char* key, const std::string& fallback,
                      const std::string& where);

}  // namespace fovea::vision
