// SPDX-License-Identifier: Apache-2.0
// The one door to yaml-cpp. Its event interface is used, not its nodes: events carry the
// place of every key and value, keep duplicate keys, and let limits stop a parse early.
#include <cctype>
#include <map>
#include <optional>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "pipeline/config/tree.hpp"

namespace fovea::pipeline {
namespace {

/// Stops the parse; becomes a Fault at that place.
struct Refusal {
  Mark mark;
  std::string what, fix;
};

Mark to_mark(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {mark.line + 1, mark.column + 1, 0};
}

int count_nodes(const Node& node) {
  int count = 1;
  for (const Node& item : node.items) count += count_nodes(item);
  for (const Node::Entry& entry : node.entries) count += count_nodes(entry.value);
  return count;
}

int depth_of(const Node& node) {
  int deepest = 0;
  for (const Node& item : node.items) deepest = std::max(deepest, depth_of(item));
  for (const Node::Entry& entry : node.entries) deepest = std::max(deepest, depth_of(entry.value));
  return deepest + 1;
}

/// yaml-cpp ends a quoted text silently at a line that is indented less; the user forgot the
/// closing mark. True when the text that opens at `mark` meets such a line, or the end, first.
bool is_left_open(std::string_view yaml, const Mark& mark) {
  for (int i = 1; i < mark.line && !yaml.empty(); ++i) {
    const std::size_t end = yaml.find('\n');
    yaml = end == std::string_view::npos ? std::string_view() : yaml.substr(end + 1);
  }
  const auto begin = static_cast<std::size_t>(mark.column - 1);
  if (begin >= yaml.size() || (yaml[begin] != '"' && yaml[begin] != '\'')) return false;
  const char quote = yaml[begin];
  for (std::size_t i = begin + 1; i < yaml.size(); ++i) {
    const char next = i + 1 < yaml.size() ? yaml[i + 1] : '\n';
    if (quote == '"' && yaml[i] == '\\') {
      ++i;
    } else if (quote == '\'' && yaml[i] == quote && next == quote) {
      ++i;
    } else if (yaml[i] == quote) {
      return false;
    } else if (yaml[i] == '\n' && std::isspace(static_cast<unsigned char>(next)) == 0) {
      return true;
    }
  }
  return true;
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string_view yaml) : yaml_(yaml) {}
  Node take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.mark = to_mark(mark);
    finish(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.kind = Node::Kind::scalar;
    node.text = value;
    node.quoted = tag != "?" && !tag.empty();
    node.mark = to_mark(mark);
    refuse_tag(tag, node.mark);
    if (node.quoted && tag == "!" && is_left_open(yaml_, node.mark)) {
      throw Refusal{node.mark, "this quotation mark is never closed", "close it on the same line"};
    }
    finish(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) {
      throw Refusal{to_mark(mark), "this alias stands inside what it refers to",
                    "write the value out, or move the anchor"};
    }
    spend(count_nodes(known->second), to_mark(mark));
    if (static_cast<int>(open_.size()) + depth_of(known->second) > kMaxConfigDepth) {
      refuse_depth(to_mark(mark));
    }
    put(known->second, to_mark(mark));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    start(Node::Kind::list, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    start(Node::Kind::map, mark, tag, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapEnd() override {
    merge(open_.back().node);
    end();
  }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<Node::Entry> waiting;  // a key whose value comes next
  };

  void refuse_tag(const std::string& tag, const Mark& mark) const {
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
    throw Refusal{mark, "the YAML tag '" + tag + "' has no meaning here", "remove the tag"};
  }

  [[noreturn]] static void refuse_depth(const Mark& mark) {
    throw Refusal{
        mark,
        "lists and maps are nested more than " + std::to_string(kMaxConfigDepth) + " levels deep",
        "a configuration needs five; look for a bracket too many"};
  }

  void spend(int nodes, const Mark& mark) {
    nodes_ += nodes;
    if (nodes_ > kMaxConfigNodes) {
      throw Refusal{mark, "more than " + std::to_string(kMaxConfigNodes) + " values",
                    "put long lists of pictures into a list file: source: {list: files.txt}"};
    }
  }

  void start(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
             YAML::anchor_t anchor) {
    Open open;
    open.node.kind = kind;
    open.node.mark = to_mark(mark);
    open.anchor = anchor;
    refuse_tag(tag, open.node.mark);
    if (static_cast<int>(open_.size()) >= kMaxConfigDepth) refuse_depth(open.node.mark);
    open_.push_back(std::move(open));
  }

  void end() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    finish(std::move(closed.node), closed.anchor);
  }

  void finish(Node node, YAML::anchor_t anchor) {
    spend(1, node.mark);
    if (anchor != 0) {
      spend(count_nodes(node), node.mark);
      anchors_[anchor] = node;
    }
    const Mark mark = node.mark;
    put(std::move(node), mark);
  }

  void put(Node node, const Mark& mark) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_list()) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.waiting.has_value()) {
      parent.waiting->value = std::move(node);
      parent.node.entries.push_back(*std::move(parent.waiting));
      parent.waiting.reset();
    } else {
      if (!node.is_scalar()) {
        throw Refusal{mark, "a key must be a word", "write it as  key: value"};
      }
      parent.waiting = Node::Entry{std::move(node.text), mark, {}};
    }
  }

  /// `<<: *base` brings in the keys of `base` that the map does not have itself.
  void merge(Node& map) {
    std::vector<Node::Entry> own, brought;
    for (Node::Entry& entry : map.entries) {
      if (entry.key != "<<") {
        own.push_back(std::move(entry));
        continue;
      }
      const std::vector<Node> bases =
          entry.value.is_list() ? entry.value.items : std::vector<Node>{entry.value};
      for (const Node& base : bases) {
        if (!base.is_map()) {
          throw Refusal{entry.mark, "'<<' merges maps, and this is none",
                        "give it an alias of a map: <<: *name"};
        }
        brought.insert(brought.end(), base.entries.begin(), base.entries.end());
      }
    }
    map.entries = std::move(own);
    for (Node::Entry& entry : brought) {
      if (map.find(entry.key) == nullptr) map.entries.push_back(std::move(entry));
    }
  }

  std::string_view yaml_;
  Node root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  int nodes_ = 0;
};

Fault to_fault(const Mark& mark, const std::string& name, std::string what, std::string fix) {
  return {Place{name, mark.line, mark.column, ""}, std::move(what), std::move(fix)};
}

std::string_view line_of(std::string_view yaml, int line) {
  for (int i = 1; i < line && !yaml.empty(); ++i) {
    const std::size_t end = yaml.find('\n');
    yaml = end == std::string_view::npos ? std::string_view() : yaml.substr(end + 1);
  }
  return yaml.substr(0, yaml.find('\n'));
}

std::string syntax_fix(const std::string& message, std::string_view line) {
  const std::string_view indentation = line.substr(0, line.find_first_not_of(" \t"));
  const auto says = [&](const char* word) { return message.find(word) != std::string::npos; };
  if (says("tab") || indentation.find('\t') != std::string_view::npos) {
    return "indent with spaces; YAML forbids tabs";
  }
  if (says("flow")) return "close every [ and { that was opened";
  if (says("map value")) {
    return "indent this line like its neighbours, and quote a value that contains ': '";
  }
  if (says("block entry"))
    return "begin a list on its own line; quote a dash that is a value: \"-\"";
  if (says("scalar")) return "close the quotation mark";
  if (says("anchor") || says("alias")) {
    return "define the anchor (&name) above its first use (*name)";
  }
  return "look at this line and the one above: indentation, quotes, colons, brackets";
}

/// yaml-cpp's own words, less the anchor's name that only 0.8 and later append.
std::string syntax_fault(const std::string& message) {
  const std::string undefined = "the referenced anchor is not defined";
  return "YAML: " + (message.starts_with(undefined) ? undefined : message);
}

}  // namespace

Node parse_yaml(std::string_view yaml, const std::string& name, std::vector<Fault>& faults) {
  if (yaml.size() > kMaxConfigBytes) {
    faults.push_back(to_fault({1, 1, 0}, name, "the file is larger than 1 MiB",
                              "put long lists of pictures into a list file: source: {list: "
                              "files.txt}"));
    return {};
  }
  if (yaml.find('\0') != std::string_view::npos) {
    faults.push_back(to_fault({1, 1, 0}, name, "the file is not text: it holds zero bytes",
                              "give the YAML file, saved as UTF-8"));
    return {};
  }
  TreeBuilder builder(yaml);
  try {
    std::istringstream stream{std::string(yaml)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    Node root = builder.take_root();
    TreeBuilder rest(yaml);
    if (parser.HandleNextDocument(rest)) {
      const Mark mark = rest.take_root().mark;
      faults.push_back(to_fault(mark, name, "the file holds a second YAML document",
                                "keep one run a file: remove the '---' and what follows"));
    }
    return root;
  } catch (const Refusal& refusal) {
    faults.push_back(to_fault(refusal.mark, name, refusal.what, refusal.fix));
  } catch (const YAML::Exception& error) {
    faults.push_back(to_fault(to_mark(error.mark), name, syntax_fault(error.msg),
                              syntax_fix(error.msg, line_of(yaml, to_mark(error.mark).line))));
  } catch (const std::exception& error) {
    faults.push_back(to_fault({1, 1, 0}, name, std::string("YAML: ") + error.what(),
                              "save the file as UTF-8 text"));
  }
  return {};
}

}  // namespace fovea::pipeline
