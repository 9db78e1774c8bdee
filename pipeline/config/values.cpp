// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/values.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include <fmt/core.h>

#include "pipeline/config/mask.hpp"
#include "pipeline/config/nearest.hpp"
#include "pipeline/config/units.hpp"

namespace fovea::pipeline {
namespace {

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
  std::string text = masked_address(node.text);
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  return (quoted_number ? "the text \"" : "'") + text + (quoted_number ? "\"" : "'");
}

/// A number as its key's users write it: 250M, 1GiB, 0.6.
std::string write_number(const Key& key, double value) {
  return is_decimal(key.type) ? write_value(key, value)
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

/// Where the key has choices and the node is none of them.
std::optional<ValueFault> wrong_choice(const Key& key, const Node& node) {
  if (key.choices.empty() || std::ranges::find(key.choices, node.text) != key.choices.end()) {
    return std::nullopt;
  }
  const std::string near = nearest_name(node.text, key.choices);
  return ValueFault{
      "unknown " + key.name + " " + shown(node),
      (near.empty() ? "" : "did you mean '" + near + "'? ") + "One of: " + join(key.choices)};
}

std::variant<Value, ValueFault> read_texts(const Key& key, const Node& node) {
  std::vector<std::string> texts;
  const auto take = [&](const Node& item) {
    texts.push_back(item.text);
    return wrong_choice(key, item);
  };
  if (node.is_scalar()) {
    if (std::optional<ValueFault> fault = take(node)) return *std::move(fault);
  }
  for (const Node& item : node.items) {
    if (!item.is_scalar() || item.text.empty()) {
      return ValueFault{key.name + " holds " + (item.is_scalar() ? "an empty text" : shown(item)),
                        "write " + describe_type(key)};
    }
    if (std::optional<ValueFault> fault = take(item)) return *std::move(fault);
  }
  return Value(std::move(texts));
}

/// "3 points", "1 entry": how many a list has, or should have.
std::string counted(double number, const Key& key) {
  const bool points = key.type == ValueType::points;
  if (number == 1) return points ? "1 point" : "1 entry";
  return fmt::format("{} {}", number, points ? "points" : "entries");
}

const char* const kOneUnit = "write all points as shares from 0 to 1, or all in pixels";

/// [0.1, 0.2] as a point; nullopt for anything else.
std::optional<Point> read_point(const Node& node) {
  if (!node.is_list() || node.items.size() != 2) return std::nullopt;
  std::array<double, 2> coordinates{};
  for (std::size_t i = 0; i < 2; ++i) {
    const Node& item = node.items[i];
    if (!item.is_scalar() || item.quoted) return std::nullopt;
    const std::optional<double> number = parse_number(item.text);
    if (!number) return std::nullopt;
    coordinates[i] = *number;
  }
  return Point{coordinates[0], coordinates[1]};
}

/// `which` names the point in a fault.
std::variant<Point, ValueFault> checked_point(const Node& node, const std::string& which) {
  const std::optional<Point> point = read_point(node);
  if (!point) {
    return ValueFault{which + " is " + shown(node),
                      "write two numbers in brackets, as in [0.1, 0.2]"};
  }
  if (point->x < 0 || point->y < 0) {
    return ValueFault{which + " lies outside the picture: a coordinate is below 0",
                      "x counts from the left edge, y from the upper one"};
  }
  return *point;
}

std::variant<Value, ValueFault> read_points(const Key& key, const Node& node) {
  Points points;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const auto point = checked_point(node.items[i], fmt::format("point {} of {}", i + 1, key.name));
    if (const auto* fault = std::get_if<ValueFault>(&point)) return *fault;
    points.push_back(std::get<Point>(point));
  }
  if (std::optional<ValueFault> fault = wrong_count(key, node)) return *fault;
  if (mix_shares_and_pixels(points)) {
    return ValueFault{key.name + " mixes shares of the picture with pixels", kOneUnit};
  }
  return Value(std::move(points));
}

std::variant<Value, ValueFault> read_one_point(const Key& key, const Node& node) {
  if (!key.word_for_0.empty() && node.is_scalar()) {
    if (node.text == key.word_for_0) return Value(Points{});
    return ValueFault{key.name + " is " + shown(node), "write " + describe_type(key)};
  }
  const auto point = checked_point(node, key.name);
  if (const auto* fault = std::get_if<ValueFault>(&point)) return *fault;
  Points points{std::get<Point>(point)};
  if (mix_shares_and_pixels(points)) {
    return ValueFault{key.name + " mixes shares of the picture with pixels", kOneUnit};
  }
  return Value(std::move(points));
}

/// One of the key's choices, or a number that stays a text.
std::variant<Value, ValueFault> read_word(const Key& key, const Node& node) {
  std::optional<std::int64_t> whole;
  if (const std::optional<double> number = parse_number(node.text); number && !node.quoted) {
    whole = to_whole(*number);
  }
  if (whole) return in_range(key, static_cast<double>(*whole), std::to_string(*whole), node.text);
  if (std::ranges::find(key.choices, node.text) != key.choices.end()) return Value(node.text);
  const std::string near = nearest_name(node.text, key.choices);
  return ValueFault{key.name + " is " + shown(node),
                    near.empty() ? "write " + describe_type(key)
                                 : "did you mean '" + near + "'? Write " + describe_type(key)};
}

}  // namespace

bool is_decimal(ValueType type) { return type == ValueType::real || type == ValueType::score; }

std::optional<ValueFault> wrong_count(const Key& key, const Node& list) {
  const auto number = static_cast<double>(list.items.size());
  if (number >= key.min && number <= key.max) return std::nullopt;
  return ValueFault{key.name + " has " + counted(number, key),
                    "write " + (number < key.min ? counted(key.min, key) + " or more"
                                                 : counted(key.max, key) + " or fewer")};
}

std::string describe_type(const Key& key) {
  switch (key.type) {
    case ValueType::text:
      return "a text";
    case ValueType::path:
      return "a path";
    case ValueType::integer:
      return key.word_for_0.empty() ? "a whole number" : "a whole number or " + key.word_for_0;
    case ValueType::real:
      return key.word_for_0.empty() ? "a number" : "a number or " + key.word_for_0;
    case ValueType::score:
      return "a score from 0 to 1, or a percentage as in 60%";
    case ValueType::boolean:
      return "true or false";
    case ValueType::count:
      return "a whole number, as in 5000, 250k or 250M";
    case ValueType::bytes:
      return "a size, as in 64MiB or 1GB";
    case ValueType::duration:
      return "a duration in whole milliseconds, as in 150ms, 1.5s or 2m" +
             (key.word_for_0.empty() ? "" : ", or " + key.word_for_0);
    case ValueType::choice:
      return "one of " + join(key.choices);
    case ValueType::word:
      return join(key.choices) + " or a whole number";
    case ValueType::texts:
      return key.choices.empty() ? "a list of texts, as in [cat, dog]"
                                 : "a list of any of " + join(key.choices);
    case ValueType::point:
      return "a point, as in [0.1, 0.2]" + (key.word_for_0.empty() ? "" : ", or " + key.word_for_0);
    case ValueType::points:
      return "a list of points, as in [[0.1, 0.2], [0.5, 0.9]]";
    case ValueType::section:
      return "a map of keys and values";
    case ValueType::sections:
      return "a list of maps, as in [{" + key.section->keys.front().name + ": ...}]";
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
  const bool hidden = node.is_scalar() && names_secret(key.name);
  const ValueFault wrong_type{key.name + " is " + (hidden ? "no text" : shown(node)),
                              "write " + describe_type(key)};
  if (key.type == ValueType::texts) {
    if (!node.is_scalar() && !node.is_list()) return wrong_type;
    return read_texts(key, node);
  }
  if (key.type == ValueType::point) return read_one_point(key, node);
  if (key.type == ValueType::points) {
    return node.is_list() ? read_points(key, node) : wrong_type;
  }
  if (!node.is_scalar()) return wrong_type;
  if (node.text.find('\0') != std::string::npos) return wrong_type;
  const bool is_text = key.type == ValueType::text || key.type == ValueType::path;
  if (is_text) {
    if (node.text.empty()) return ValueFault{key.name + " is empty", "write " + describe_type(key)};
    return Value(node.text);
  }
  if (key.type == ValueType::choice) {
    if (std::optional<ValueFault> fault = wrong_choice(key, node)) return *std::move(fault);
    return Value(node.text);
  }
  if (key.type == ValueType::word) return read_word(key, node);
  if (!key.word_for_0.empty() && node.text == key.word_for_0) {
    return is_decimal(key.type) ? Value(0.0) : Value(std::int64_t{0});
  }
  if (node.quoted) return wrong_type;
  if (key.type == ValueType::boolean) {
    const std::optional<bool> value = parse_boolean(node.text);
    return value ? std::variant<Value, ValueFault>(Value(*value)) : wrong_type;
  }
  if (is_decimal(key.type)) {
    const std::optional<double> value =
        key.type == ValueType::score ? parse_score(node.text) : parse_number(node.text);
    return value ? in_range(key, *value, *value, node.text) : wrong_type;
  }
  std::optional<std::int64_t> whole;
  if (key.type == ValueType::bytes) {
    whole = parse_bytes(node.text);
  } else if (key.type == ValueType::count) {
    whole = parse_count(node.text);
  } else if (key.type == ValueType::duration) {
    whole = parse_duration(node.text);
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
  if (const auto* points = std::get_if<Points>(&value)) {
    if (points->empty() && key.type == ValueType::point) return key.word_for_0;
    std::string list;
    for (const Point& point : *points) {
      list += fmt::format("{}[{}, {}]", list.empty() ? "" : ", ", point.x, point.y);
    }
    return key.type == ValueType::point ? list : "[" + list + "]";
  }
  if (const auto* text = std::get_if<std::string>(&value)) return write_text(*text);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<double>(&value)) {
    return *number == 0 && !key.word_for_0.empty() ? key.word_for_0 : fmt::format("{}", *number);
  }
  const std::int64_t whole = std::get<std::int64_t>(value);
  if (whole == 0 && !key.word_for_0.empty()) return key.word_for_0;
  if (key.type == ValueType::count) return write_count(whole);
  if (key.type == ValueType::bytes) return write_bytes(whole);
  if (key.type == ValueType::duration) return write_duration(whole);
  return std::to_string(whole);
}

}  // namespace fovea::pipeline
