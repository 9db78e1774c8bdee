// SPDX-License-Identifier: Apache-2.0
#pragma once
// One value: from the user's text to its type, and back.

#include <optional>
#include <string>
#include <variant>

#include "pipeline/config/keys.hpp"
#include "pipeline/config/tree.hpp"

namespace fovea::pipeline {

/// Why a text is not a value of its key; `fix` may be empty.
struct ValueFault {
  std::string what, fix;
};

/// The node's value for a key of a plain type (text .. points), checked against its range
/// and choices.
std::variant<Value, ValueFault> read_value(const Key& key, const Node& node);

/// The fault of a list (points, sections) with fewer than Key::min or more than Key::max entries.
std::optional<ValueFault> wrong_count(const Key& key, const Node& list);
/// Whether a Value of the type is a double.
bool is_decimal(ValueType type);

/// As YAML that read_value() takes for the same value.
std::string write_value(const Key& key, const Value& value);
/// A text as a YAML scalar, quoted where it has to be.
std::string write_text(const std::string& text);

/// What a type looks like, for messages: "a size, as in 64MiB or 1GB".
std::string describe_type(const Key& key);

}  // namespace fovea::pipeline
