// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "pipeline/config/nearest.hpp"

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

/// A plain decimal number; no signs but '-', no inf, no hexadecimal.
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

std::optional<bool> parse_boolean(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (text == "true" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "no" || text == "off") return false;
  return std::nullopt;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string shown(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
    case Node::Kind::scalar:
      break;
  }
  constexpr std::size_t kShown = 60;
  const bool quoted_number = node.quoted && parse_number(node.text).has_value();
  std::string text = node.text.size() > kShown ? node.text.substr(0, kShown) + "..." : node.text;
  return (quoted_number ? "the text \"" : "'") + text + (quoted_number ? "\"" : "'");
}

/// A number as its key's users write it: 250M, 1GiB, 0.6.
std::string write_number(const Key& key, double value) {
  return key.type == ValueType::score ? write_value(key, value)
                                      : write_value(key, static_cast<std::int64_t>(value));
}

std::variant<Value, ValueFault> in_range(const Key& key, double number, Value value,
                                         const std::string& text) {
  if (number < key.min) {
    return ValueFault{key.name + " is " + text + ", which is too small",
                      "use " + write_number(key, key.min) + " or more"};
  }
  if (number > key.max) {
    return ValueFault{key.name + " is " + text + ", which is too large",
                      "use " + write_number(key, key.max) + " or less"};
  }
  return value;
}

std::variant<Value, ValueFault> read_choice(const Key& key, const Node& node) {
  if (std::find(key.choices.begin(), key.choices.end(), node.text) != key.choices.end()) {
    return Value(node.text);
  }
  const std::string near = nearest_name(node.text, key.choices);
  return ValueFault{
      "unknown " + key.name + " " + shown(node),
      (near.empty() ? "" : "did you mean '" + near + "'? ") + "One of: " + join(key.choices)};
}

std::variant<Value, ValueFault> read_texts(const Key& key, const Node& node) {
  std::vector<std::string> texts;
  if (node.is_scalar()) texts.push_back(node.text);
  for (const Node& item : node.items) {
    if (!item.is_scalar() || item.text.empty()) {
      return ValueFault{key.name + " holds " + (item.is_scalar() ? "an empty text" : shown(item)),
                        "write " + describe_type(key)};
    }
    texts.push_back(item.text);
  }
  return Value(std::move(texts));
}

}  // namespace

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

std::string describe_type(const Key& key) {
  switch (key.type) {
    case ValueType::text:
      return "a text";
    case ValueType::path:
      return "a path";
    case ValueType::integer:
      return key.word_for_0.empty() ? "a whole number" : "a whole number or " + key.word_for_0;
    case ValueType::score:
      return "a score from 0 to 1, or a percentage as in 60%";
    case ValueType::boolean:
      return "true or false";
    case ValueType::count:
      return "a whole number, as in 5000, 250k or 250M";
    case ValueType::bytes:
      return "a size, as in 64MiB or 1GB";
    case ValueType::choice:
      return "one of " + join(key.choices);
    case ValueType::texts:
      return "a list of texts, as in [cat, dog]";
    case ValueType::section:
      return "a map of keys and values";
    case ValueType::source:
      return "a path, or a map as in {path: folder}";
    case ValueType::sources:
      return "a list of sources, or a map of name to source";
    case ValueType::stages:
      return "a list of stages, as in [classify: {model: NAME}]";
    case ValueType::sinks:
      return "a list of sinks, as in [jsonl: results.jsonl]";
  }
  return {};
}

std::variant<Value, ValueFault> read_value(const Key& key, const Node& node) {
  const ValueFault wrong_type{key.name + " is " + shown(node), "write " + describe_type(key)};
  if (key.type == ValueType::texts) {
    if (!node.is_scalar() && !node.is_list()) return wrong_type;
    return read_texts(key, node);
  }
  if (!node.is_scalar()) return wrong_type;
  if (node.text.find('\0') != std::string::npos) return wrong_type;
  const bool is_text = key.type == ValueType::text || key.type == ValueType::path;
  if (is_text) {
    if (node.text.empty()) return ValueFault{key.name + " is empty", "write " + describe_type(key)};
    return Value(node.text);
  }
  if (key.type == ValueType::choice) return read_choice(key, node);
  if (!key.word_for_0.empty() && node.text == key.word_for_0) return Value(std::int64_t{0});
  if (node.quoted) return wrong_type;
  if (key.type == ValueType::boolean) {
    const std::optional<bool> value = parse_boolean(node.text);
    return value ? std::variant<Value, ValueFault>(Value(*value)) : wrong_type;
  }
  if (key.type == ValueType::score) {
    const std::optional<double> value = parse_score(node.text);
    return value ? in_range(key, *value, *value, node.text) : wrong_type;
  }
  std::optional<std::int64_t> whole;
  if (key.type == ValueType::bytes) {
    whole = parse_bytes(node.text);
  } else if (key.type == ValueType::count) {
    whole = parse_count(node.text);
  } else if (const std::optional<double> number = parse_number(node.text)) {
    whole = to_whole(*number);
  }
  return whole ? in_range(key, static_cast<double>(*whole), *whole, node.text) : wrong_type;
}

std::string write_text(const std::string& text) {
  const auto is_plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '/' || c == '-';
  };
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), is_plain) &&
                     text[0] != '-' && text != "null" && text != "Null" && text != "NULL" &&
                     !text.starts_with("---") && !text.starts_with("...");
  if (plain) return text;
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '$' && i + 1 < text.size() && text[i + 1] == '{') {
      quoted += "$$";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string write_value(const Key& key, const Value& value) {
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    std::string list;
    for (const std::string& text : *texts) list += (list.empty() ? "" : ", ") + write_text(text);
    return "[" + list + "]";
  }
  if (const auto* text = std::get_if<std::string>(&value)) return write_text(*text);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  const std::int64_t whole = std::get<std::int64_t>(value);
  if (whole == 0 && !key.word_for_0.empty()) return key.word_for_0;
  if (key.type == ValueType::count && whole != 0) {
    if (whole % 1'000'000 == 0) return fmt::format("{}M", whole / 1'000'000);
    if (whole % 1000 == 0) return fmt::format("{}k", whole / 1000);
  }
  if (key.type == ValueType::bytes && whole != 0) {
    for (const auto& [suffix, scale] :
         {kByteUnits[2], kByteUnits[1], kByteUnits[7], kByteUnits[8], kByteUnits[6]}) {
      const auto unit = static_cast<std::int64_t>(scale);
      if (whole % unit == 0) return fmt::format("{}{}", whole / unit, suffix);
    }
  }
  return std::to_string(whole);
}

}  // namespace fovea::pipeline
