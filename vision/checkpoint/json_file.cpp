// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/json_file.hpp"

#include <cmath>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "vision/checkpoint/mapped_file.hpp"

namespace fovea::vision {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;

[[noreturn]] void refuse(const std::string& what, const std::string& where) {
  throw ModelError(what, where, "take this file from the model's repository again");
}

[[noreturn]] void wrong_type(const char* key, const json& value, const char* expected,
                             const std::string& where) {
  throw ModelError(
      fmt::format("'{}' is {}, expected {}", key,
                  value.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 80),
                  expected),
      where, fmt::format("set '{}' to {}", key, expected));
}

const json* find(const json& object, const char* key) {
  const auto at = object.find(key);
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

}  // namespace

json parse_json(std::string_view text, const std::string& where, DuplicateKeys duplicates) {
  std::vector<std::set<std::string>> keys;  // of the objects now open, outermost first
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > kMaxDepth) refuse("JSON nests too deeply", where);
    if (duplicates == DuplicateKeys::last_wins) return true;
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key &&
        !keys.back().insert(parsed.get_ref<const std::string&>()).second) {
      refuse(fmt::format("the key '{}' appears twice", parsed.get_ref<const std::string&>()),
             where);
    }
    return true;
  };
  try {
    return json::parse(text.begin(), text.end(), watch);
  } catch (const json::exception& error) {
    refuse(fmt::format("not valid JSON: {}", error.what()), where);
  }
}

json read_json_object(const std::filesystem::path& file) {
  const MappedFile mapped(file);
  const auto bytes = mapped.bytes();
  if (bytes.size() > kMaxFileBytes) refuse("the file is larger than 64 MiB", file.string());
  json value =
      parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.string());
  if (!value.is_object()) refuse("the file does not hold a JSON object", file.string());
  return value;
}

std::int64_t integer_or(const json& object, const char* key, std::int64_t fallback,
                        std::int64_t low, std::int64_t high, const std::string& where) {
  const json* value = find(object, key);
  if (value == nullptr) return fallback;
  // Some writers store whole numbers as 224.0.
  double number = 0.5;
  if (value->is_number()) number = value->get<double>();
  if (number != std::floor(number) || number < static_cast<double>(low) ||
      number > static_cast<double>(high)) {
    wrong_type(key, *value, fmt::format("a whole number from {} to {}", low, high).c_str(), where);
  }
  return static_cast<std::int64_t>(number);
}

double number_or(const json& object, const char* key, double fallback, const std::string& where) {
  const json* value = find(object, key);
  if (value == nullptr) return fallback;
  if (!value->is_number() || !std::isfinite(value->get<double>())) {
    wrong_type(key, *value, "a number", where);
  }
  return value->get<double>();
}

bool boolean_or(const json& object, const char* key, bool fallback, const std::string& where) {
  const json* value = find(object, key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) wrong_type(key, *value, "true or false", where);
  return value->get<bool>();
}

std::string string_or(const json& object, const char* key, const std::string& fallback,
                      const std::string& where) {
  const json* value = find(object, key);
  if (value == nullptr) return fallback;
  if (!value->is_string()) wrong_type(key, *value, "text", where);
  return value->get<std::string>();
}

}  // namespace fovea::vision
