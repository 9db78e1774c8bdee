// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/options.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/config/keys.hpp"
#include "pipeline/config/source_text.hpp"
#include "pipeline/config/values.hpp"
#include "pipeline/config/view_address.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/model_name.hpp"
#include "vision/models/random_checkpoint.hpp"

namespace fovea::pipeline {
namespace fs = std::filesystem;
namespace {

/// Ending of an output file -> the sink that writes it.
constexpr std::pair<const char*, const char*> kEndings[] = {
    {".jsonl", "jsonl"}, {".csv", "csv"}, {".html", "html"}, {".htm", "html"}};

Override literal(std::string label, std::string path, std::string value) {
  return {std::move(label), std::move(path), std::move(value), true};
}

bool names_stdout(const std::vector<std::string>& outputs) {
  return std::find(outputs.begin(), outputs.end(), "-") != outputs.end();
}

}  // namespace

void add_source_options(CLI::App& command, PictureOptions& options) {
  command
      .add_option("SRC", options.sources, "Pictures, folders, @list.txt, or - for standard input")
      ->type_name("");
  command.add_option("--list", options.lists, "A text file with one path a line. Repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

void add_model_option(CLI::App& command, CommonOptions& options, const char* builtin) {
  command
      .add_option("-m,--model", options.model,
                  fmt::format("Model folder, built-in name or org/name (default: {})", builtin))
      ->type_name("MODEL");
}

void add_top_option(CLI::App& command, CommonOptions& options) {
  command.add_option("--top", options.top, "Labels kept per picture")->type_name("N");
}

void add_device_options(CLI::App& command, CommonOptions& options) {
  command.add_option("--device", options.device, "auto, gpu, cpu, a number or part of a name")
      ->type_name("DEVICE");
  command
      .add_option("--precision", options.precision, "Weights as auto (default), fp32, fp16 or int8")
      ->type_name("auto|fp32|fp16|int8");
  command.add_flag("--no-tune", options.no_tune,
                   "Neither measure kernels nor use what was measured");
}

void add_json_option(CLI::App& command, bool& json, const std::string& what) {
  command.add_flag("--json", json, what + " as JSON on standard output");
}

void add_run_options(CLI::App& command, CommonOptions& options, const char* builtin) {
  add_model_option(command, options, builtin);
  add_device_options(command, options);
  command.add_option("--batch", options.batch, "Pictures in one submission, or auto")
      ->type_name("N|auto");
  command
      .add_option("--decode", options.decode,
                  "exact, or fast: large JPEGs are decoded smaller, which changes answers a little")
      ->type_name("exact|fast");
  command
      .add_option("-o,--output", options.outputs,
                  "Also write results to FILE: .jsonl, .csv or .html; - is JSONL on standard "
                  "output. Repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command
      .add_option("--set", options.sets, "Change one value: stages[0].classify.top=3. Repeatable")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command.add_flag("--emit-yaml", options.emit_yaml, "Print the YAML this command stands for");
  command
      .add_option("--view", options.view,
                  "A page to watch streams by, at 127.0.0.1:8080 or another address")
      ->type_name("[HOST:PORT]");
  command.add_option("--progress", options.progress, "auto, bar, lines, json or none")
      ->type_name("MODE");
  add_json_option(command, options.json, "Records");
}

std::vector<std::string> join_view_address(std::vector<std::string> arguments) {
  for (auto at = arguments.begin(); at != arguments.end(); ++at) {
    if (*at != "--view") continue;
    const auto next = at + 1;
    const bool address = next != arguments.end() && parse_view_address(*next).has_value();
    *at += '=';
    *at += address ? *next : kViewHere;
    if (address) arguments.erase(next);
  }
  return arguments;
}

Override source_override(const std::string& source, const std::string& path) {
  const std::string key(source_key_of(source));
  if (key == "stdin") return {"SRC", path + ".stdin", "true", false};
  return literal("SRC", path + "." + key, key == "list" ? source.substr(1) : source);
}

Override output_override(const std::string& file, const std::string& path) {
  if (file == "-") return literal("--output", path + ".jsonl.path", "/dev/stdout");
  std::string ending = fs::path(file).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [known, sink] : kEndings) {
    if (ending == known) return literal("--output", path + "." + sink + ".path", file);
  }
  throw ConfigError(ending.empty() ? "the output '" + file + "' has no ending to choose a format by"
                                   : "no format is known for the ending '" + ending + "'",
                    "--output " + file,
                    "end the name in .jsonl (records), .csv (a spreadsheet) or .html (a page)");
}

std::vector<Override> to_overrides(const CommonOptions& options, const std::string& stage,
                                   std::size_t sinks) {
  std::vector<Override> overrides;
  const auto add = [&](const char* label, const std::string& path, const std::string& value) {
    if (!value.empty()) overrides.push_back(literal(label, path, value));
  };
  if (!options.model.empty()) add("--model", stage + ".model", resolved_model(options.model));
  add("--top", stage + ".top", options.top);
  add("--min-score", stage + ".min_score", options.min_score);
  std::string_view classes = options.classes;
  for (std::size_t i = 0; !classes.empty(); ++i) {
    const std::size_t end = std::min(classes.find(','), classes.size());
    const std::string path = fmt::format("{}.classes[{}]", stage, i);
    overrides.push_back(literal("--classes", path, std::string(classes.substr(0, end))));
    classes.remove_prefix(std::min(end + 1, classes.size()));
  }
  add("--device", "device", options.device);
  add("--precision", "precision", options.precision);
  add("--batch", "batch", options.batch);
  add("--decode", "decode", options.decode);
  if (options.no_tune) add("--no-tune", "tune", "off");
  if (options.view == kViewHere) {
    overrides.push_back({"--view", "view", "{}", false});
  } else {
    add("--view", "view.http", options.view);
  }
  std::vector<std::string> outputs = options.outputs;
  if (options.json && !names_stdout(outputs)) outputs.emplace_back("-");
  for (const std::string& file : outputs) {
    overrides.push_back(output_override(file, "sinks[" + std::to_string(sinks++) + "]"));
  }
  for (const std::string& set : options.sets) overrides.push_back(parse_override(set));
  return overrides;
}

NamedConfig config_from_file(const fs::path& file, const std::vector<std::string>& sources,
                             const CommonOptions& options) {
  const std::string yaml = read_config_file(file);
  const std::string name = file.string();
  // What the file itself holds decides where options go.
  const RunConfig as_written = check_config(yaml, name, {}, false).config;
  std::string stage = "stages[0].classify";
  for (std::size_t i = as_written.stages.size(); i-- > 0;) {
    const StageConfig& held = as_written.stages[i];
    if (model_of(held) == nullptr) continue;
    stage = fmt::format("stages[{}].{}", i, stage_kinds()[held.index()].section.name);
  }
  const auto written = std::count_if(as_written.sinks.begin(), as_written.sinks.end(),
                                     [](const SinkConfig& sink) { return sink.place.line > 0; });
  CommonOptions on_top = options;
  if (as_written.view && options.view == kViewHere) on_top.view.clear();
  std::vector<Override> overrides = to_overrides(on_top, stage, static_cast<std::size_t>(written));
  if (!sources.empty()) {
    const bool several =
        !as_written.sources.empty() && as_written.sources[0].place.path.starts_with("sources");
    std::vector<Override> changed;
    if (!several && sources.size() == 1) {
      changed.push_back({"SRC", "source", "{}", false});
      changed.push_back(source_override(sources[0], "source"));
    } else if (several) {
      changed.push_back({"SRC", "sources", "[]", false});
      for (std::size_t i = 0; i < sources.size(); ++i) {
        changed.push_back(source_override(sources[i], "sources[" + std::to_string(i) + "]"));
      }
    } else {
      throw ConfigError("several sources replace one", name,
                        "give one SRC, or name the file's own under 'sources'");
    }
    overrides.insert(overrides.begin(), changed.begin(), changed.end());
  }
  NamedConfig result{name, check_config(yaml, name, overrides, true)};
  if (options.json || names_stdout(options.outputs)) {
    // Standard output belongs to the records now.
    std::erase_if(result.checked.config.sinks, [](const SinkConfig& sink) {
      return std::holds_alternative<TableConfig>(sink.kind);
    });
  }
  return result;
}

NamedConfig config_from_sources(const PictureOptions& options, const std::string& stage,
                                const char* builtin, const ChainAdditions& additions,
                                std::string command) {
  if (command.empty()) command = "fovea " + stage;
  std::vector<std::string> all = options.sources;
  for (const std::string& list : options.lists) all.push_back("@" + list);
  if (all.empty()) {
    throw ConfigError("no pictures are named", command,
                      "name files or folders, '-' for standard input, or --list FILE");
  }
  std::vector<Override> overrides;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string path = all.size() == 1 ? "source" : "sources[" + std::to_string(i) + "]";
    overrides.push_back(source_override(all[i], path));
  }
  const std::string path = "stages[0]." + stage;
  overrides.push_back(literal("--model", path + ".model", builtin));
  overrides.insert(overrides.end(), additions.stages.begin(), additions.stages.end());
  overrides.insert(overrides.end(), additions.first_sink.begin(), additions.first_sink.end());
  std::size_t sinks = additions.first_sink.empty() ? 0 : 1;
  if (!options.json && !names_stdout(options.outputs)) {
    overrides.push_back({"--output", fmt::format("sinks[{}].table", sinks++), "{}", false});
  }
  const std::vector<Override> more = to_overrides(options, path, sinks);
  overrides.insert(overrides.end(), more.begin(), more.end());
  return {command, check_config("version: 1\n", command, overrides, true)};
}

std::string stage_of_model(const std::string& name) {
  try {
    const vision::LocalModel found = vision::find_model(resolved_model(name));
    return vision::Checkpoint::open(found.folder).config().is_detector() ? "detect" : "classify";
  } catch (const Error&) {
    return "classify";
  }
}

std::string resolved_model(const std::string& model) {
  if (!model.starts_with(vision::kRandomModelPrefix)) return model;
  fs::path parent = cache_folder();
  if (parent.empty()) parent = fs::temp_directory_path() / "fovea";
  return vision::random_checkpoint(model, parent / "random-models").string();
}

fs::path cache_folder() {
  const auto from = [](const char* name, const char* below) -> fs::path {
    const char* value = std::getenv(name);
    return value == nullptr || *value == '\0' ? fs::path() : fs::path(value) / below;
  };
  const fs::path xdg = from("XDG_CACHE_HOME", "fovea");
  return xdg.empty() ? from("HOME", ".cache/fovea") : xdg;
}

}  // namespace fovea::pipeline
