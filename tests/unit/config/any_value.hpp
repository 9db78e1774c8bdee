// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fills the struct of a section with any values its keys may hold, and spells a struct out.

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/config/keys.hpp"

namespace fovea::pipeline {

/// Every key of the section, as text: equal exactly when two structs say the same.
inline std::string spelled_out(const Section& section, const void* target) {
  std::string text = section.name + "{";
  for (const Key& key : section.keys) {
    if (!key.get && key.section == nullptr) continue;
    text += key.name + "=";
    if (key.section != nullptr) {
      for (const void* held : key.held(target)) text += spelled_out(*key.section, held);
      continue;
    }
    std::visit(
        [&](const auto& held) {
          using T = std::decay_t<decltype(held)>;
          if constexpr (std::is_same_v<T, std::string>) {
            text += held;
          } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
            for (const std::string& item : held) text += "<" + item + ">";
          } else if constexpr (std::is_same_v<T, Points>) {
            for (const Point& point : held) {
              text += testing::PrintToString(point.x) + "," + testing::PrintToString(point.y) + ";";
            }
          } else {
            text += testing::PrintToString(held);
          }
        },
        key.get(target));
    text += ";";
  }
  return text + "}\n";
}

/// Any value a key may hold, drawn from its own constraints.
class AnyValue {
 public:
  explicit AnyValue(unsigned seed) : random_(seed) {}

  int number(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }

  std::string text() {
    static const std::vector<std::string> kParts{"a",  "photo", "/",  " ",  ":", "#", "${X}", "\"",
                                                 "\\", "é",     "\n", "[x", "-", "'", "~",    "@l"};
    std::string result;
    for (int i = number(1, 6); i > 0; --i) {
      result += kParts[static_cast<std::size_t>(number(0, static_cast<int>(kParts.size()) - 1))];
    }
    return result;
  }

  void fill(const Section& section, void* target) {
    for (const Key& key : section.keys) {
      if (!key.required && number(0, 2) == 0) continue;
      if (key.section != nullptr) {
        const int most = key.type == ValueType::sections ? list_size(key) : 1;
        for (int i = 0; i < most; ++i) fill(*key.section, key.add(target));
      } else if (key.set) {
        key.set(target, value(key));
      }
    }
  }

 private:
  int list_size(const Key& key) {
    const int least = static_cast<int>(key.min);
    return number(least, static_cast<int>(std::min(key.max, least + 3.0)));
  }

  std::string choice(const Key& key) {
    return key
        .choices[static_cast<std::size_t>(number(0, static_cast<int>(key.choices.size()) - 1))];
  }

  Value value(const Key& key) {
    switch (key.type) {
      case ValueType::text:
      case ValueType::path:
        return text();
      case ValueType::score:
        return std::clamp(number(1, 1000) / 1000.0, key.min, std::min(key.max, 1.0));
      case ValueType::real:
        return key.min + (std::min(key.max, key.min + 1e6) - key.min) * number(0, 1000) / 1000.0;
      case ValueType::boolean:
        return number(0, 1) == 1;
      case ValueType::choice:
        return choice(key);
      case ValueType::word:
        return number(0, 1) == 1 ? choice(key) : std::to_string(number(0, 1000));
      case ValueType::texts:
        if (!key.choices.empty()) return std::vector<std::string>{choice(key), choice(key)};
        return std::vector<std::string>{text(), text()};
      case ValueType::point:
      case ValueType::points: {
        const bool shares = number(0, 1) == 1;
        const bool one = key.type == ValueType::point;
        Points points(one ? 1 : static_cast<std::size_t>(list_size(key)));
        for (Point& point : points) {
          const double scale = shares ? 1000.0 : 1.0;
          point = {number(0, 1000) / scale, number(0, 1000) / scale};
        }
        return points;
      }
      default:
        return static_cast<std::int64_t>(
            number(static_cast<int>(key.min), static_cast<int>(std::min(key.max, 1e6))));
    }
  }

  std::mt19937 random_;
};

}  // namespace fovea::pipeline
