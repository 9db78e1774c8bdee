// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/config.hpp"
#include "pipeline/config/keys.hpp"
#include "pipeline/config/values.hpp"

namespace fovea::pipeline {
namespace {

/// "{model: a, top: 3}" of the keys that differ from their defaults, or are required.
std::string flow_map(const Section& section, const void* target, const void* defaults) {
  std::string text;
  for (const Key& key : section.keys) {
    const Value value = key.get(target);
    if (!key.required && value == key.get(defaults)) continue;
    text += (text.empty() ? "" : ", ") + key.name + ": " + write_value(key, value);
  }
  return "{" + text + "}";
}

std::string write_source(const SourceConfig& source) {
  static const SourceConfig defaults;
  return flow_map(source_section(), &source, &defaults);
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

bool is_simple(ValueType type) { return type <= ValueType::texts; }

}  // namespace

std::string emit_yaml(const RunConfig& config) {
  static const RunConfig defaults;
  // What a reader wants to see even where it is the default.
  const auto always = [](const Key& key) {
    return key.required || key.name == "device" || key.name == "precision" || key.name == "batch";
  };
  std::string text;
  for (const Key& key : run_section().keys) {
    if (is_simple(key.type)) {
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
                flow_map(kind.section, target_of(stage), target_of(fresh)) + "\n";
      }
    } else if (key.type == ValueType::sinks) {
      text += config.sinks.empty() ? "sinks: []\n" : "sinks:\n";
      for (const SinkConfig& sink : config.sinks) {
        const SinkForm& form = sink_forms()[sink.kind.index()];
        const SinkKind fresh = form.make();
        text += "  - " + form.section.name + ": " +
                flow_map(form.section, target_of(sink.kind), target_of(fresh)) + "\n";
      }
    } else if (key.type == ValueType::section) {
      RunConfig own = config, fresh = defaults;
      const std::string map = flow_map(*key.section, key.inside(&own), key.inside(&fresh));
      if (map != "{}") text += key.name + ": " + map + "\n";
    }
  }
  return text;
}

}  // namespace fovea::pipeline
