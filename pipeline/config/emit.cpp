// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/config.hpp"
#include "pipeline/config/keys.hpp"
#include "pipeline/config/values.hpp"
#include "pipeline/config/write_section.hpp"

namespace fovea::pipeline {
namespace {

/// The maps of a key that holds maps. Nothing where leaving the key out means the same.
std::string write_nested(const Key& key, const void* target, const void* outer_defaults) {
  std::string maps;
  const void* defaults = key.defaults(outer_defaults);
  for (const void* held : key.held(target)) {
    maps += (maps.empty() ? "" : ", ") + write_section(*key.section, held, defaults);
  }
  if (key.type == ValueType::sections) return maps.empty() ? "" : "[" + maps + "]";
  return maps == "{}" && !key.off_by_default ? "" : maps;
}

std::string write_source(const SourceConfig& source) {
  static const SourceConfig defaults;
  return write_section(source_section(), &source, &defaults);
}

std::string write_sources(const std::vector<SourceConfig>& sources) {
  if (sources.size() == 1 && sources[0].name.empty()) {
    return "source: " + write_source(sources[0]) + "\n";
  }
  std::string text = "sources:";
  if (sources.empty()) return text + " []\n";
  text += "\n";
  for (const SourceConfig& source : sources) {
    text += "  " + (source.name.empty() ? "-" : write_text(source.name) + ":") + " " +
            write_source(source) + "\n";
  }
  return text;
}

}  // namespace

std::string write_section(const Section& section, const void* target, const void* defaults) {
  std::string text;
  for (const Key& key : section.keys) {
    std::string value;
    if (key.section != nullptr) {
      value = write_nested(key, target, defaults);
    } else if (key.required || key.get(target) != key.get(defaults)) {
      value = write_value(key, key.get(target));
    }
    if (!value.empty()) text += (text.empty() ? "" : ", ") + key.name + ": " + value;
  }
  return "{" + text + "}";
}

std::string emit_yaml(const RunConfig& config) {
  static const RunConfig defaults;
  // What a reader wants to see even where it is the default.
  const auto always = [](const Key& key) {
    return key.required || key.name == "device" || key.name == "precision" || key.name == "batch";
  };
  std::string text;
  for (const Key& key : run_section().keys) {
    if (key.get) {
      const Value value = key.get(&config);
      if (always(key) || value != key.get(&defaults)) {
        text += key.name + ": " + write_value(key, value) + "\n";
      }
    } else if (key.type == ValueType::source) {
      text += write_sources(config.sources);
    } else if (key.type == ValueType::stages) {
      text += config.stages.empty() ? "stages: []\n" : "stages:\n";
      for (const StageConfig& stage : config.stages) {
        const StageKind& kind = stage_kinds()[stage.index()];
        const StageConfig fresh = kind.make();
        text += "  - " + kind.section.name + ": " +
                write_section(kind.section, target_of(stage), target_of(fresh)) + "\n";
      }
    } else if (key.type == ValueType::sinks) {
      text += config.sinks.empty() ? "sinks: []\n" : "sinks:\n";
      for (const SinkConfig& sink : config.sinks) {
        const SinkForm& form = sink_forms()[sink.kind.index()];
        const SinkKind fresh = form.make();
        text += "  - " + form.section.name + ": " +
                write_section(form.section, target_of(sink.kind), target_of(fresh)) + "\n";
      }
    } else if (key.section != nullptr) {
      const std::string maps = write_nested(key, &config, &defaults);
      if (!maps.empty()) text += key.name + ": " + maps + "\n";
    }
  }
  return text;
}

}  // namespace fovea::pipeline
