// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/chain_text.hpp"

#include <vector>

#include <fmt/format.h>

#include "pipeline/config/config.hpp"
#include "pipeline/config/keys.hpp"
#include "pipeline/config/mask.hpp"

namespace fovea::pipeline {
namespace {

std::string source_text(const SourceConfig& source) {
  std::string text;
  switch (source.kind) {
    case SourceKind::path:
      text = source.path.string();
      break;
    case SourceKind::list:
      text = "list " + source.path.string();
      break;
    case SourceKind::stdin_paths:
      text = "standard input";
      break;
    case SourceKind::video:
      text = "video " + source.path.string();
      break;
    case SourceKind::webcam:
      text = "webcam " + masked_address(source.address);
      break;
    case SourceKind::rtsp:
    case SourceKind::mjpeg:
      text = masked_address(source.address);
      break;
  }
  if (source.watch) text += ", watched";
  if (!source.name.empty()) text += " (" + source.name + ")";
  return text;
}

std::string flow(const std::vector<std::string>& needs, const std::vector<std::string>& gives) {
  std::string text;
  if (!needs.empty()) text += fmt::format("needs {}", fmt::join(needs, ", "));
  if (!gives.empty()) {
    text += fmt::format("{}gives {}", text.empty() ? "" : "; ", fmt::join(gives, ", "));
  }
  return text;
}

std::string line(const char* what, const std::string& name, const std::string& note) {
  std::string text = fmt::format("  {:<8}{:<44}  {}", what, name, note);
  while (text.ends_with(' ')) text.pop_back();
  return text + "\n";
}

std::string sink_text(const SinkConfig& sink) {
  const Section& section = sink_forms()[sink.kind.index()].section;
  if (section.main_key.empty()) return section.name;
  const Value target = section.find(section.main_key)->get(target_of(sink.kind));
  return section.name + " " + std::get<std::string>(target);
}

}  // namespace

std::string chain_text(const RunConfig& config) {
  std::string text;
  for (const SourceConfig& source : config.sources) {
    text += line("source", source_text(source), flow({}, {"image"}));
  }
  for (const StageConfig& stage : config.stages) {
    const StageKind kind = kind_of(stage);
    std::string name = kind.section.name;
    if (const std::string* model = model_of(stage)) name += " " + *model;
    text += line("stage", name, flow(kind.needs, kind.gives));
  }
  for (const SinkConfig& sink : config.sinks) {
    text += line("sink", sink_text(sink), flow(sink_forms()[sink.kind.index()].needs, {}));
  }
  if (config.view) text += line("page", config.view->http, "");
  return text +
         line("device", config.device,
              fmt::format("{}, batch {}", to_string(config.precision),
                          config.batch == kAutoBatch ? "auto" : fmt::to_string(config.batch)));
}

}  // namespace fovea::pipeline
