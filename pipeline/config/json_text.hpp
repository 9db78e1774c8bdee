// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes JSON for people and programs: members in the order they are given, two spaces
// of indentation. For the schema and for every command's --json.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::pipeline {

class JsonText {
 public:
  JsonText& begin_object();
  JsonText& end_object();
  JsonText& begin_array();
  JsonText& end_array();
  /// The name of the next value, inside an object.
  JsonText& key(std::string_view name);

  JsonText& value(std::string_view text);
  JsonText& value(const char* text) { return value(std::string_view(text)); }
  JsonText& value(double number);  // null where it is not finite
  JsonText& value(bool flag);
  JsonText& null();
  template <std::integral T>
  requires(!std::same_as<T, bool>) JsonText& value(T number) { return raw(std::to_string(number)); }
  template <class T>
  JsonText& value(const std::vector<T>& items) {
    begin_array();
    for (const T& item : items) value(item);
    return end_array();
  }
  template <class T>
  JsonText& member(std::string_view name, const T& held) {
    return key(name).value(held);
  }

  /// The finished text, with a newline at its end. Requires: everything begun is ended.
  std::string str() const { return text_ + "\n"; }
  /// On one line, for streams of records.
  std::string line() const;

 private:
  JsonText& raw(std::string_view text);
  void before_value();
  void open(char bracket);
  void close(char bracket);

  std::string text_;
  std::vector<bool> has_members_;  // one per open bracket
  bool after_key_ = false;
};

/// As a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_quoted(std::string_view text);

}  // namespace fovea::pipeline
