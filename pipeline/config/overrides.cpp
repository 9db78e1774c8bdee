// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <variant>

#include "compute/error.hpp"
#include "pipeline/config/keys.hpp"
#include "pipeline/config/mask.hpp"
#include "pipeline/config/tree.hpp"

namespace fovea::pipeline {
namespace {

using Step = std::variant<std::string, std::size_t>;  // a key, or an index

/// "stages[0].classify.top" -> stages, 0, classify, top. Empty where it is none.
std::vector<Step> parse_path(std::string_view path) {
  std::vector<Step> steps;
  while (!path.empty()) {
    if (path[0] == '[') {
      const std::size_t end = path.find(']');
      if (end == std::string_view::npos || steps.empty()) return {};
      std::size_t index = 0;
      const std::string_view digits = path.substr(1, end - 1);
      const auto [stop, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), index);
      if (error != std::errc() || stop != digits.data() + digits.size()) return {};
      steps.emplace_back(index);
      path.remove_prefix(end + 1);
    } else {
      if (!steps.empty()) {
        if (path[0] != '.') return {};
        path.remove_prefix(1);
      }
      const std::size_t end = path.find_first_of(".[");
      const std::string_view key = path.substr(0, end);
      if (key.empty()) return {};
      steps.emplace_back(std::string(key));
      path.remove_prefix(key.size());
      if (path == ".") return {};
    }
  }
  return steps;
}

/// `classify: NAME` becomes `classify: {model: NAME}`, `- table` becomes `- table: {}`, so that
/// a path can lead into either spelling.
void open_short_form(Node& node, const std::string& name, const std::string& next) {
  std::string key;
  if (node.text == next && name.empty()) {
    key = next;
  } else {
    for (const Section* section : all_sections()) {
      if (section->name == name) key = section->main_key;
    }
  }
  if (key.empty()) return;
  Node map;
  map.kind = Node::Kind::map;
  map.mark = node.mark;
  const Mark mark = node.mark;
  if (key == next && name.empty()) node = Node{};
  map.entries.push_back({key, mark, std::move(node)});
  node = std::move(map);
}

struct Target {
  Node* node = nullptr;
  std::string blocked;  // why there is no node
};

Target walk(Node& root, const std::vector<Step>& steps, const Mark& mark) {
  Node* node = &root;
  std::string name;  // of the key last followed; empty below an index
  std::string path;
  for (const Step& step : steps) {
    if (const auto* key = std::get_if<std::string>(&step)) {
      if (node->is_scalar()) open_short_form(*node, name, *key);
      if (node->is_null()) node->kind = Node::Kind::map;
      if (!node->is_map()) {
        return {nullptr, "'" + path + "' is " + (node->is_list() ? "a list" : "a single value") +
                             ", so it has no key '" + *key + "'"};
      }
      path = join_path(path, *key);
      name = *key;
      if (node->find(*key) == nullptr) {
        Node fresh;
        fresh.mark = mark;
        node->entries.push_back({*key, mark, std::move(fresh)});
      }
      node = node->find(*key);
      continue;
    }
    const std::size_t index = std::get<std::size_t>(step);
    if (node->is_null()) node->kind = Node::Kind::list;
    if (!node->is_list()) return {nullptr, "'" + path + "' is not a list"};
    if (index > node->items.size()) {
      return {nullptr, "'" + path + "' has " + std::to_string(node->items.size()) +
                           (node->items.size() == 1 ? " entry" : " entries") + ", counted from 0"};
    }
    if (index == node->items.size()) {
      Node fresh;
      fresh.mark = mark;
      node->items.push_back(std::move(fresh));
    }
    path += "[" + std::to_string(index) + "]";
    name.clear();
    node = &node->items[index];
  }
  return {node, {}};
}

void set_origin(Node& node, const Mark& mark) {
  node.mark = mark;
  for (Node& item : node.items) set_origin(item, mark);
  for (Node::Entry& entry : node.entries) {
    entry.mark = mark;
    set_origin(entry.value, mark);
  }
}

}  // namespace

Override parse_override(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    // Whatever this was to be, it may hold the value of a secret.
    const std::string shown = text.substr(0, text.find_first_of(" :"));
    throw ConfigError("'" + shown + "' is not PATH=VALUE", "--set " + shown,
                      "write it as in --set stages[0].classify.top=3");
  }
  return {"--set", text.substr(0, equals), text.substr(equals + 1), false};
}

void apply_overrides(Document& document, std::span<const Override> overrides,
                     std::vector<Fault>& faults) {
  for (const Override& change : overrides) {
    Mark mark;
    mark.origin = static_cast<int>(document.origins.size());
    document.origins.push_back(change.label);
    const Place place{change.label, 0, 0, change.path};
    const std::vector<Step> steps = parse_path(change.path);
    if (steps.empty()) {
      faults.push_back({place, "'" + change.path + "' is not a path into the configuration",
                        "write keys with dots and indices in brackets: stages[0].classify.top"});
      continue;
    }
    Node value;
    if (change.literal) {
      value.kind = Node::Kind::scalar;
      value.text = change.value;
      value.literal = true;
    } else {
      std::vector<Fault> syntax;
      value = parse_yaml(change.value, change.label, syntax);
      if (!syntax.empty()) {
        const std::string what =
            names_secret(change.path) ? "this" : "'" + masked_address(change.value) + "'";
        faults.push_back({place, what + " is not a value: " + syntax.front().what,
                          "quote it for the shell and for YAML: --set 'a.b=\"text\"'"});
        continue;
      }
    }
    set_origin(value, mark);
    const Target target = walk(document.root, steps, mark);
    if (target.node == nullptr) {
      faults.push_back(
          {place, target.blocked, "list the file's stages: fovea explain CONFIG.yaml"});
      continue;
    }
    *target.node = std::move(value);
  }
}

}  // namespace fovea::pipeline
