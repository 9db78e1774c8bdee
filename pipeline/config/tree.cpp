// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/tree.hpp"

#include <cstdlib>

#include "pipeline/config/mask.hpp"

namespace fovea::pipeline {

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node* Node::find(std::string_view key) {
  return const_cast<Node*>(static_cast<const Node*>(this)->find(key));
}

std::string join_path(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

Place place_of(const Document& document, const Mark& mark, const std::string& path) {
  return {document.origins[static_cast<std::size_t>(mark.origin)], mark.line, mark.column, path};
}

namespace {

struct Expansion {
  std::string text;
  std::string missing;  // name of the first unset variable
  bool broken = false;  // `${` without a name or without `}`
};

bool is_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    const bool fits =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!fits) return false;
  }
  return true;
}

Expansion expand(std::string_view text) {
  Expansion result;
  while (!text.empty()) {
    if (text.starts_with("$${")) {
      result.text += "${";
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) {
        result.broken = true;
        return result;
      }
      std::string_view name = text.substr(2, end - 2);
      std::string_view fallback;
      const std::size_t colon = name.find(":-");
      const bool has_fallback = colon != std::string_view::npos;
      if (has_fallback) {
        fallback = name.substr(colon + 2);
        name = name.substr(0, colon);
      }
      if (!is_name(name)) {
        result.broken = true;
        return result;
      }
      const char* value = std::getenv(std::string(name).c_str());
      if (value != nullptr && (*value != '\0' || !has_fallback)) {
        result.text += value;
      } else if (has_fallback) {
        result.text += fallback;
      } else if (result.missing.empty()) {
        result.missing = name;
      }
      text.remove_prefix(end + 1);
    } else {
      result.text += text[0];
      text.remove_prefix(1);
    }
  }
  return result;
}

void expand_node(Node& node, const Document& document, const std::string& path,
                 std::vector<Fault>& faults) {
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    expand_node(node.items[i], document, path + "[" + std::to_string(i) + "]", faults);
  }
  for (Node::Entry& entry : node.entries) {
    expand_node(entry.value, document, join_path(path, entry.key), faults);
  }
  if (!node.is_scalar() || node.literal || node.text.find("${") == std::string::npos) return;
  Expansion expansion = expand(node.text);
  if (expansion.broken) {
    faults.push_back({place_of(document, node.mark, path),
                      (names_secret(path) ? "this" : "'" + masked_address(node.text) + "'") +
                          " is not a whole ${NAME} or ${NAME:-default}",
                      "close the brace and use letters, digits and _ in the name; write $${ for "
                      "a literal ${"});
  } else if (!expansion.missing.empty()) {
    faults.push_back({place_of(document, node.mark, path),
                      "environment variable '" + expansion.missing + "' is not set",
                      "export " + expansion.missing + "=..., or give a default: ${" +
                          expansion.missing + ":-value}"});
  } else {
    node.text = std::move(expansion.text);
  }
}

}  // namespace

void expand_environment(Document& document, std::vector<Fault>& faults) {
  expand_node(document.root, document, "", faults);
}

}  // namespace fovea::pipeline
