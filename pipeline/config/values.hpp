// SPDX-License-Identifier: Apache-2.0
#pragma once
// One value: from the user's text to its type, and back.

#include <string>
#include <variant>

#include "pipeline/config/keys.hpp"
#include "pipeline/config/tree.hpp"

namespace fovea::pipeline {

/// Why a text is not a value of its key; `fix` may be empty.
struct ValueFault {
  std::string what, fix;
};

/// The node's value for a key of a plain type (text .. texts), checked against its range
/// and choices.
std::variant<Value, ValueFault> read_value(const Key& key, const Node& node);

/// As YAML that read_value() takes for the same value.
std::string write_value(const Key& key, const Value& value);
/// A text as a YAML scalar, quoted where it has to be.
std::string write_text(const std::string& text);

/// "64MiB" -> 67108864. nullopt for anything that is not a size.
std::optional<std::int64_t> parse_bytes(std::string_view text);
/// "250M" -> 250000000.
std::optional<std::int64_t> parse_count(std::string_view text);
/// "0.6", "60%" -> 0.6.
std::optional<double> parse_score(std::string_view text);

/// What a type looks like, for messages: "a size, as in 64MiB or 1GB".
std::string describe_type(const Key& key);

}  // namespace fovea::pipeline
