// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/make_key.hpp"

namespace fovea::pipeline {
namespace {

/// `path`, `list` and `stdin` share two members: which kind, and where.
Key source_key(std::string name, ValueType type, SourceKind kind, std::string doc) {
  Key result = composite(std::move(name), type, std::move(doc), false);
  result.set = [kind](void* target, const Value& value) {
    auto& source = *static_cast<SourceConfig*>(target);
    if (kind == SourceKind::stdin_paths) {
      if (std::get<bool>(value)) source.kind = kind;
      return;
    }
    source.kind = kind;
    source.path = std::get<std::string>(value);
  };
  result.get = [kind](const void* target) -> Value {
    const auto& source = *static_cast<const SourceConfig*>(target);
    if (kind == SourceKind::stdin_paths) return source.kind == kind;
    return source.kind == kind ? source.path.string() : std::string();
  };
  return result;
}

const char* const kAnyOrder = "globs on the path below the folder, as in '**/*.jpg'";

}  // namespace

const Section& source_section() {
  static const Section section{
      "source",
      "Where pictures come from",
      "path",
      {source_key("path", ValueType::path, SourceKind::path, "A picture or a folder of pictures"),
       source_key("list", ValueType::path, SourceKind::list, "A text file with one path a line"),
       source_key("stdin", ValueType::boolean, SourceKind::stdin_paths,
                  "Read one path a line, or one picture, from standard input"),
       key("recursive", ValueType::boolean, &SourceConfig::recursive,
           "Also the folders inside the folder"),
       key("follow_links", ValueType::boolean, &SourceConfig::follow_links,
           "Also folders behind symbolic links"),
       key("include", ValueType::texts, &SourceConfig::include,
           std::string("Only these files: ") + kAnyOrder),
       key("exclude", ValueType::texts, &SourceConfig::exclude,
           std::string("Never these files: ") + kAnyOrder)}};
  return section;
}

}  // namespace fovea::pipeline
