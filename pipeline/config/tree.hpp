// SPDX-License-Identifier: Apache-2.0
#pragma once
// A configuration as text with places, before anybody asks what it means. Made by
// config_yaml.cpp, the one file that knows a YAML library; read by the checker.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/config.hpp"

namespace fovea::pipeline {

/// Where a piece of text begins. Line and column count from 1; line 0: no file.
struct Mark {
  int line = 0, column = 0;
  int origin = 0;  // index into Document::origins
};

struct Node {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  struct Entry;

  Kind kind = Kind::null;
  std::string text;     // of a scalar
  bool quoted = false;  // "12" in quotes is a text, not a number
  /// Taken as it is: `$` has no meaning in it. For values from a shell, which has expanded its own.
  bool literal = false;
  Mark mark;
  std::vector<Node> items;     // of a list
  std::vector<Entry> entries;  // of a map, in file order, duplicates kept

  bool is_map() const { return kind == Kind::map; }
  bool is_list() const { return kind == Kind::list; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_null() const { return kind == Kind::null; }
  /// The first entry of that key, or nullptr.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
};

struct Node::Entry {
  std::string key;
  Mark mark;
  Node value;
};

struct Document {
  Node root;
  std::vector<std::string> origins;  // [0] the file's name, then one label per override
};

/// The limits that keep a hostile file from costing more than a moment.
inline constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;
inline constexpr int kMaxConfigDepth = 32;
inline constexpr int kMaxConfigNodes = 20'000;  // after aliases are put in place

/// YAML text to a tree; syntax errors and broken limits become one Fault each (paths empty).
/// Aliases are put in place, `<<` is merged.
Node parse_yaml(std::string_view yaml, const std::string& name, std::vector<Fault>& faults);

/// Replaces ${NAME} and ${NAME:-default} in every scalar; `$${` stands for `${`.
/// An unset variable without a default is a fault.
void expand_environment(Document& document, std::vector<Fault>& faults);

/// Puts each override's value into the tree; one that leads nowhere is a fault.
void apply_overrides(Document& document, std::span<const Override> overrides,
                     std::vector<Fault>& faults);

/// `path`.`key`, or `key` at the root.
std::string join_path(const std::string& path, std::string_view key);
Place place_of(const Document& document, const Mark& mark, const std::string& path);

}  // namespace fovea::pipeline
