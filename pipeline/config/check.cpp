// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/check.hpp"

#include <set>

#include "pipeline/config/keys.hpp"
#include "pipeline/config/nearest.hpp"
#include "pipeline/config/source_text.hpp"
#include "pipeline/config/values.hpp"

namespace fovea::pipeline {
namespace {

const char* const kAllKeys = "All keys: fovea schema";

std::string kind_name(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "empty";
    case Node::Kind::scalar:
      return "a single value";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "";
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

class StructureCheck {
 public:
  StructureCheck(const Document& document, RunConfig& config, std::vector<Fault>& faults)
      : document_(document), config_(config), faults_(faults) {}

  void run() {
    const Node& root = document_.root;
    if (root.is_null()) {
      fault(Mark{1, 1, 0}, "", "the configuration is empty",
            "start from a file in configs/, or from: fovea classify SRC --emit-yaml");
      return;
    }
    if (!root.is_map()) {
      fault(root.mark, "", "the configuration is " + kind_name(root) + ", not a map of keys",
            "begin with  version: 1");
      return;
    }
    check_section(run_section(), root, "", &config_);
    const Node* one = root.find("source");
    const Node* several = root.find("sources");
    if (one == nullptr && several == nullptr) {
      fault(root.mark, "", "there is no source", "say which pictures: source: path/to/folder");
    } else if (one != nullptr && several != nullptr) {
      fault(several->mark, "sources", "both 'source' and 'sources' are given",
            "keep one: list all of them under 'sources'");
    }
    if (root.find("sinks") == nullptr) config_.sinks = {SinkConfig{TableConfig{}, {}}};
  }

  /// Reads every key of `map` into `target`, the struct that `section` describes.
  void check_section(const Section& section, const Node& map, const std::string& path,
                     void* target) {
    check_duplicates(map, path);
    for (const Node::Entry& entry : map.entries) {
      const Key* key = section.find(entry.key);
      if (key == nullptr) {
        unknown_key(section, entry, path);
        continue;
      }
      const std::string key_path = join_path(path, entry.key);
      if (entry.value.is_null()) {
        fault(entry.mark, key_path, "'" + key->name + "' has no value",
              "write " + describe_type(*key) + ", or remove the key");
        continue;
      }
      check_value(*key, entry.value, key_path, target);
    }
    for (const Key& key : section.keys) {
      if (key.required && map.find(key.name) == nullptr) {
        fault(map.mark, path, "'" + key.name + "' is missing", missing_fix(section, key, path));
      }
    }
  }

 private:
  void fault(const Mark& mark, const std::string& path, std::string what, std::string fix) {
    faults_.push_back({place_of(document_, mark, path), std::move(what), std::move(fix)});
  }

  void check_duplicates(const Node& map, const std::string& path) {
    std::set<std::string> seen;
    for (const Node::Entry& entry : map.entries) {
      if (!seen.insert(entry.key).second) {
        fault(entry.mark, path, "key '" + entry.key + "' is given twice", "keep one of them");
      }
    }
  }

  void unknown_key(const Section& section, const Node::Entry& entry, const std::string& path) {
    std::vector<std::string> names;
    for (const Key& key : section.keys) names.push_back(key.name);
    const std::string near = nearest_name(entry.key, names);
    std::string hint;
    if (!near.empty()) hint = "did you mean '" + near + "'? ";
    for (const Section* other : all_sections()) {
      if (hint.empty() && other != &section && other->find(entry.key) != nullptr) {
        hint = "it is a key of " +
               (other == &run_section() ? "the top level" : "'" + other->name + "'") + ". ";
      }
    }
    if (hint.empty()) hint = "remove it, or use one of: " + listed(names) + ". ";
    fault(entry.mark, path, "unknown key '" + entry.key + "'", hint + kAllKeys);
  }

  static std::string missing_fix(const Section& section, const Key& key, const std::string& path) {
    if (key.name == "version") return "begin the file with  version: 1";
    if (key.name == "stages") return "say what to do: stages: [classify: {model: NAME}]";
    if (key.name == "model") return "name a model, as in model: NAME (see: fovea models list)";
    return "add it: " + (path.ends_with(']') ? "" : section.name + ": ") + "{" + key.name +
           ": ...}";
  }

  void check_value(const Key& key, const Node& node, const std::string& path, void* target) {
    switch (key.type) {
      case ValueType::section:
        add_nested(key, node, node.mark, path, target);
        return;
      case ValueType::sections:
        check_sections(key, node, path, target);
        return;
      case ValueType::source:
        add_source(node, path, "");
        return;
      case ValueType::sources:
        check_sources(node, path);
        return;
      case ValueType::stages:
        check_list(node, path, "stages", "a stage",
                   [this](const Node& item, const std::string& at) { add_stage(item, at); });
        return;
      case ValueType::sinks:
        check_list(node, path, "sinks", "a sink",
                   [this](const Node& item, const std::string& at) { add_sink(item, at); });
        return;
      default:
        break;
    }
    std::variant<Value, ValueFault> value = read_value(key, node);
    if (const auto* wrong = std::get_if<ValueFault>(&value)) {
      if (key.name == "version" && node.is_scalar()) {
        fault(node.mark, path, "version '" + node.text + "' of this format is not known",
              "write version: 1; a newer file needs a newer fovea");
        return;
      }
      fault(node.mark, path, wrong->what, wrong->fix);
      return;
    }
    key.set(target, std::get<Value>(value));
  }

  /// One map of a key that holds maps, read into a struct of `target`.
  void add_nested(const Key& key, const Node& node, const Mark& mark, const std::string& path,
                  void* target) {
    const bool listed_item = key.type == ValueType::sections;
    if (!node.is_map() && !(node.is_scalar() && !key.section->main_key.empty())) {
      fault(node.mark, path,
            "'" + (listed_item ? path.substr(path.rfind('.') + 1) : key.name) + "' is " +
                kind_name(node) + ", not a map",
            "write it as " + (listed_item ? "" : key.name + ": ") + "{" +
                key.section->keys.front().name + ": ...}");
      return;
    }
    void* held = key.add(target);
    if (key.set_place) key.set_place(held, place_of(document_, mark, path));
    check_body(*key.section, node, mark, path, held);
  }

  void check_sections(const Key& key, const Node& node, const std::string& path, void* target) {
    if (!node.is_list()) {
      fault(node.mark, path, key.name + " is " + kind_name(node), "write " + describe_type(key));
      return;
    }
    if (const std::optional<ValueFault> wrong = wrong_count(key, node)) {
      fault(node.mark, path, wrong->what, wrong->fix);
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      add_nested(key, node.items[i], node.items[i].mark, path + "[" + std::to_string(i) + "]",
                 target);
    }
  }

  void check_sources(const Node& node, const std::string& path) {
    if (node.is_list()) {
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        add_source(node.items[i], path + "[" + std::to_string(i) + "]", "");
      }
    } else if (node.is_map()) {
      check_duplicates(node, path);
      for (const Node::Entry& entry : node.entries) {
        add_source(entry.value, join_path(path, entry.key), entry.key);
      }
    } else {
      fault(node.mark, path, "'sources' is " + kind_name(node),
            "write a list, or a map of name to source; one source goes under 'source'");
      return;
    }
    if (node.items.empty() && node.entries.empty()) {
      fault(node.mark, path, "there is no source", "say which pictures: - path/to/folder");
    }
  }

  void add_source(const Node& node, const std::string& path, const std::string& name) {
    SourceConfig source;
    source.name = name;
    source.place = place_of(document_, node.mark, path);
    if (node.is_scalar() && !node.text.empty()) {
      read_source_text(node.text, source);
      config_.sources.push_back(std::move(source));
      return;
    }
    if (!node.is_map()) {
      fault(node.mark, path, "a source is " + kind_name(node),
            node.is_list() ? "several sources go under 'sources'"
                           : "write a path, or a map: {path: folder, include: [\"*.jpg\"]}");
      return;
    }
    check_section(source_section(), node, path, &source);
    int places = 0;
    for (const char* key : {"path", "list", "stdin", "webcam", "rtsp", "mjpeg", "video"}) {
      places += node.find(key) != nullptr ? 1 : 0;
    }
    if (places == 0) {
      fault(node.mark, path, "the source says no place to read from",
            "add path: folder, list: file.txt, stdin: true, webcam: 0, rtsp: ADDRESS, "
            "mjpeg: ADDRESS or video: file.mp4");
    } else if (places > 1) {
      fault(node.mark, path, "the source says more than one place to read from",
            "keep one of them; more sources go under 'sources'");
    } else if (const Node* stdin_node = node.find("stdin");
               stdin_node != nullptr && source.kind != SourceKind::stdin_paths) {
      fault(stdin_node->mark, path, "stdin: false reads nothing",
            "write stdin: true, or a path instead");
    }
    config_.sources.push_back(std::move(source));
  }

  template <class Add>
  void check_list(const Node& node, const std::string& path, const std::string& name,
                  const std::string& item, Add add) {
    if (!node.is_list()) {
      fault(node.mark, path, "'" + name + "' is " + kind_name(node) + ", not a list",
            "put a dash before each: - NAME: {...}");
      return;
    }
    if (node.items.empty()) {
      fault(node.mark, path, "'" + name + "' is empty",
            name == "sinks" ? "name a sink, or remove the key to get a table on the terminal"
                            : "add " + item + ": - classify: {model: NAME}");
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      add(node.items[i], path + "[" + std::to_string(i) + "]");
    }
  }

  /// The entry of `kinds` that the item names, and the node of its keys; nullptr after a fault.
  template <class Kinds>
  const typename Kinds::value_type* pick(const Kinds& kinds, const Node& item,
                                         const std::string& path, const std::string& what,
                                         Node& body, Mark& mark) {
    std::string name;
    mark = item.mark;
    if (item.is_scalar()) {
      name = item.text;
    } else if (item.is_map() && item.entries.size() == 1) {
      name = item.entries[0].key;
      mark = item.entries[0].mark;
      body = item.entries[0].value;
    } else {
      std::vector<std::string> seen;
      for (const Node::Entry& entry : item.entries) seen.push_back(entry.key);
      fault(item.mark, path,
            "an entry holds one " + what + ", and this is " +
                (item.is_map() && !seen.empty() ? "a map of " + listed(seen) : kind_name(item)),
            "give each its own dash, and indent its keys below its name");
      return nullptr;
    }
    std::vector<std::string> names;
    for (const auto& kind : kinds) {
      if (kind.section.name == name) return &kind;
      names.push_back(kind.section.name);
    }
    const std::string near = nearest_name(name, names);
    fault(mark, path, "unknown " + what + " '" + name + "'",
          (near.empty() ? "" : "did you mean '" + near + "'? ") + "One of: " + listed(names));
    return nullptr;
  }

  /// The keys of one stage or sink: a map, its short form, or nothing at all.
  void check_body(const Section& section, const Node& body, const Mark& mark,
                  const std::string& path, void* target) {
    if (body.is_map() || body.is_null()) {
      Node map = body;
      if (body.is_null()) map.mark = mark;
      check_section(section, map, path, target);
    } else if (body.is_scalar() && !section.main_key.empty()) {
      check_value(*section.find(section.main_key), body, join_path(path, section.main_key), target);
    } else {
      fault(body.mark, path, "'" + section.name + "' is " + kind_name(body) + ", not a map",
            "write it as " + section.name + ": {" + section.keys.front().name + ": ...}");
    }
  }

  void add_stage(const Node& item, const std::string& path) {
    Node body;
    Mark mark;
    const StageKind* kind = pick(stage_kinds(), item, path, "stage", body, mark);
    if (kind == nullptr) return;
    StageConfig stage = kind->make();
    const std::string at = join_path(path, kind->section.name);
    check_body(kind->section, body, mark, at, target_of(stage));
    std::visit([&](auto& held) { held.place = place_of(document_, mark, at); }, stage);
    config_.stages.push_back(std::move(stage));
  }

  void add_sink(const Node& item, const std::string& path) {
    Node body;
    Mark mark;
    const SinkForm* form = pick(sink_forms(), item, path, "sink", body, mark);
    if (form == nullptr) return;
    SinkConfig sink{form->make(), {}};
    const std::string at = join_path(path, form->section.name);
    check_body(form->section, body, mark, at, target_of(sink.kind));
    sink.place = place_of(document_, mark, at);
    config_.sinks.push_back(std::move(sink));
  }

  const Document& document_;
  RunConfig& config_;
  std::vector<Fault>& faults_;
};

}  // namespace

void check_structure(const Document& document, RunConfig& config, std::vector<Fault>& faults) {
  StructureCheck(document, config, faults).run();
}

void check_section(const Document& document, const Section& section, void* target,
                   std::vector<Fault>& faults) {
  RunConfig unused;
  StructureCheck(document, unused, faults).check_section(section, document.root, "", target);
}

}  // namespace fovea::pipeline
