// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/run_outputs.hpp"

#include <algorithm>
#include <system_error>
#include <utility>
#include <variant>

#include "compute/error.hpp"

namespace fovea::pipeline {

namespace fs = std::filesystem;

namespace {

/// What a sink writes: a file, or for `sort` a folder. Empty for the terminal.
fs::path output_of(const SinkConfig& sink) {
  return std::visit(
      [](const auto& kind) -> fs::path {
        if constexpr (requires { kind.path; }) {
          return kind.path;
        } else if constexpr (requires { kind.dir; }) {
          return kind.dir;
        } else {
          return {};
        }
      },
      sink.kind);
}

/// The zones and lines of the whole chain.
ZonesConfig watched_areas(const RunConfig& config) {
  ZonesConfig all;
  for (const StageConfig& stage : config.stages) {
    const auto* zones = std::get_if<ZonesConfig>(&stage);
    if (zones == nullptr) continue;
    all.zones.insert(all.zones.end(), zones->zones.begin(), zones->zones.end());
    all.lines.insert(all.lines.end(), zones->lines.begin(), zones->lines.end());
  }
  return all;
}

}  // namespace

fs::path report_dir(const RunConfig& config) {
  if (!config.report_dir.empty()) return config.report_dir;
  for (const auto& sink : config.sinks) {
    const fs::path output = output_of(sink);
    // /dev/stdout has no folder of ours beside it.
    if (output.empty() || output.parent_path() == "/dev") continue;
    const bool is_folder = std::visit(
        [](const auto& kind) {
          return requires { kind.dir; };
        },
        sink.kind);
    if (is_folder) return output;
    return output.has_parent_path() ? output.parent_path() : fs::path(".");
  }
  return {};
}

std::vector<fs::path> outputs_of(const RunConfig& config) {
  std::vector<fs::path> outputs;
  for (const auto& sink : config.sinks) {
    if (fs::path output = output_of(sink); !output.empty()) outputs.push_back(std::move(output));
  }
  if (const fs::path dir = report_dir(config); !dir.empty()) {
    outputs.push_back(dir / "errors.jsonl");
    outputs.push_back(dir / "manifest.json");
  }
  return outputs;
}

std::vector<std::unique_ptr<Sink>> open_sinks(const RunConfig& config, const RunIdentity& identity,
                                              const std::vector<std::string>& labels,
                                              const Notice& on_notice) {
  std::vector<std::unique_ptr<Sink>> sinks;
  SinkContext context;
  const bool names = std::ranges::any_of(config.stages, names_pictures);
  context.answers = has_stage<DetectConfig>(config) && !names ? Answers::objects : Answers::labels;
  for (const SinkConfig& sink : config.sinks) {
    const auto* attention = std::get_if<AttentionConfig>(&sink.kind);
    if (attention != nullptr && !context.attention) context.attention = *attention;
  }
  context.quality = has_stage<QualityConfig>(config);
  context.areas = watched_areas(config);
  context.several_sources = config.sources.size() > 1;
  context.on_notice = on_notice;
  for (const auto& sink : config.sinks) {
    sinks.push_back(make_sink(sink, identity, labels, context));
  }
  const fs::path dir = report_dir(config);
  if (dir.empty()) return sinks;
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) {
    throw ConfigError("the folder cannot be made: " + error.message(), dir.string(),
                      "choose another folder for the results");
  }
  fs::remove(dir / "manifest.json", error);
  sinks.push_back(make_error_sink(dir));
  return sinks;
}

}  // namespace fovea::pipeline
