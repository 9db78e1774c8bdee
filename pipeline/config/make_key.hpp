// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a row of the table of keys is made from a member of a struct. For keys_*.cpp and tests.

#include <algorithm>
#include <chrono>
#include <concepts>
#include <optional>
#include <type_traits>

#include "pipeline/config/keys.hpp"

namespace fovea::pipeline {

/// The constraints of a key, given by name where it is declared.
struct Limits {
  bool required = false;
  double min = 0, max = std::numeric_limits<double>::max();
  std::vector<std::string> choices = {};
  std::string word_for_0 = {};
};

inline Key plain_key(std::string name, ValueType type, std::string doc, const Limits& limits) {
  Key result;
  result.name = std::move(name);
  result.type = type;
  result.doc = std::move(doc);
  result.required = limits.required;
  result.min = limits.min;
  result.max = limits.max;
  result.choices = limits.choices;
  result.word_for_0 = limits.word_for_0;
  return result;
}

/// What a Value holds for a member of type M; whole numbers, milliseconds among them, are one type.
template <class M>
Value to_value(const M& held) {
  if constexpr (std::is_same_v<M, std::filesystem::path>) {
    return held.string();
  } else if constexpr (std::is_same_v<M, std::chrono::milliseconds>) {
    return static_cast<std::int64_t>(held.count());
  } else if constexpr (std::is_integral_v<M> && !std::is_same_v<M, bool>) {
    return static_cast<std::int64_t>(held);
  } else if constexpr (std::is_floating_point_v<M>) {
    return static_cast<double>(held);
  } else if constexpr (std::is_same_v<M, Point>) {
    return Points{held};
  } else if constexpr (std::is_same_v<M, std::optional<Point>>) {
    return held ? Points{*held} : Points{};
  } else {
    return held;
  }
}

template <class M>
M from_value(const Value& value) {
  if constexpr (std::is_same_v<M, std::filesystem::path>) {
    return std::get<std::string>(value);
  } else if constexpr (std::is_same_v<M, std::chrono::milliseconds>) {
    return std::chrono::milliseconds(std::get<std::int64_t>(value));
  } else if constexpr (std::is_integral_v<M> && !std::is_same_v<M, bool>) {
    return static_cast<M>(std::get<std::int64_t>(value));
  } else if constexpr (std::is_floating_point_v<M>) {
    return static_cast<M>(std::get<double>(value));
  } else if constexpr (std::is_same_v<M, Point>) {
    return std::get<Points>(value).front();
  } else if constexpr (std::is_same_v<M, std::optional<Point>>) {
    const auto& points = std::get<Points>(value);
    return points.empty() ? std::nullopt : std::optional(points.front());
  } else {
    return std::get<M>(value);
  }
}

/// The key of a plain member: a text, a number, an enumeration, a list of texts or points.
template <class S, class M>
Key key(std::string name, ValueType type, M S::*member, std::string doc,
        const Limits& limits = {}) {
  Key result = plain_key(std::move(name), type, std::move(doc), limits);
  if constexpr (std::is_enum_v<M>) {
    // The enumerators stand in the order of the choices.
    result.set = [member, choices = limits.choices](void* target, const Value& value) {
      const auto found = std::find(choices.begin(), choices.end(), std::get<std::string>(value));
      static_cast<S*>(target)->*member = static_cast<M>(found - choices.begin());
    };
    result.get = [member, choices = limits.choices](const void* target) -> Value {
      return choices[static_cast<std::size_t>(static_cast<const S*>(target)->*member)];
    };
  } else {
    result.set = [member](void* target, const Value& value) {
      static_cast<S*>(target)->*member = from_value<M>(value);
    };
    result.get = [member](const void* target) -> Value {
      return to_value(static_cast<const S*>(target)->*member);
    };
  }
  return result;
}

/// A key of the run that stands for a list of its own kind: sources, stages, sinks.
inline Key composite(std::string name, ValueType type, std::string doc, bool required) {
  return plain_key(std::move(name), type, std::move(doc), {.required = required});
}

template <class T>
Key section_key(std::string name, ValueType type, const Section& section, std::string doc,
                const Limits& limits) {
  Key result = plain_key(std::move(name), type, std::move(doc), limits);
  result.section = &section;
  if constexpr (requires(T & held) {
                  { held.place } -> std::same_as<Place&>;
                }) {
    result.set_place = [](void* target, Place place) {
      static_cast<T*>(target)->place = std::move(place);
    };
  }
  return result;
}

/// The key of a struct inside a struct: a map that may be left out.
template <class S, class T>
Key nested(std::string name, const Section& section, T S::*member, std::string doc) {
  Key result = section_key<T>(std::move(name), ValueType::section, section, std::move(doc), {});
  result.add = [member](void* target) -> void* { return &(static_cast<S*>(target)->*member); };
  result.held = [member](const void* target) {
    return std::vector<const void*>{&(static_cast<const S*>(target)->*member)};
  };
  result.defaults = [member](const void* defaults) -> const void* {
    return &(static_cast<const S*>(defaults)->*member);
  };
  return result;
}

/// The same of an optional struct: left out, what it describes is off.
template <class S, class T>
Key nested(std::string name, const Section& section, std::optional<T> S::*member, std::string doc) {
  Key result = section_key<T>(std::move(name), ValueType::section, section, std::move(doc), {});
  result.off_by_default = true;
  result.add = [member](void* target) -> void* {
    return &(static_cast<S*>(target)->*member).emplace();
  };
  result.held = [member](const void* target) {
    const std::optional<T>& held = static_cast<const S*>(target)->*member;
    return held ? std::vector<const void*>{&*held} : std::vector<const void*>{};
  };
  result.defaults = [](const void*) -> const void* {
    static const T fresh;
    return &fresh;
  };
  return result;
}

/// The key of a list of structs, each a map; min and max say how many.
template <class S, class T>
Key list_of(std::string name, const Section& section, std::vector<T> S::*member, std::string doc,
            const Limits& limits = {}) {
  Key result =
      section_key<T>(std::move(name), ValueType::sections, section, std::move(doc), limits);
  result.add = [member](void* target) -> void* {
    return &(static_cast<S*>(target)->*member).emplace_back();
  };
  result.held = [member](const void* target) {
    std::vector<const void*> all;
    for (const T& held : static_cast<const S*>(target)->*member) all.push_back(&held);
    return all;
  };
  result.defaults = [](const void*) -> const void* {
    static const T fresh;
    return &fresh;
  };
  return result;
}

}  // namespace fovea::pipeline
