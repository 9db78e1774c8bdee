// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include "compute/error.hpp"
#include "pipeline/cli/app.hpp"
#include "pipeline/cli/execute.hpp"
#include "pipeline/cli/options.hpp"

namespace fovea::pipeline {
namespace {

struct AttendOptions : PictureOptions {
  AttentionOptions attention;
  std::string query, kinds;
  bool per_object = false;
};

const char* const kExamples = R"(Examples:
  fovea attend photo.jpg                          into attention/: heat map, overlay, .npy
  fovea attend photos/ -o out/maps --head all     and a sheet with every head
  fovea attend photo.jpg --layer 0 --head 2       one head of the first layer
  fovea attend photo.jpg --query 320,200          what the patch at that pixel attends to
  fovea attend photo.jpg --query 0.5,0.5          the same by shares of width and height
  fovea attend photos/ --method rollout           all layers joined
  fovea attend photos/ --method masking           what the best label rests on
  fovea attend smears/ -m fovea-yolos-bccd --per-object
  fovea attend photos/ -o out/maps -o out/maps.jsonl --emit-yaml > job.yaml)";

constexpr const char* kFolder = "attention";

/// The one output without an ending that a format is known by: the folder of the maps. Taken out of
/// `outputs`.
std::string take_folder(std::vector<std::string>& outputs) {
  std::string folder;
  for (auto output = outputs.begin(); output != outputs.end();) {
    if (*output == "-" || std::filesystem::path(*output).has_extension()) {
      ++output;
      continue;
    }
    if (!folder.empty()) {
      throw ConfigError(
          "two folders are named for the maps: '" + folder + "' and '" + *output + "'", "--output",
          "name one; records go to a file that ends in .jsonl");
    }
    folder = *output;
    output = outputs.erase(output);
  }
  return folder.empty() ? kFolder : folder;
}

/// "320,200" as a point; anything else as it is, for the checker to say what it may be.
Override query_override(const std::string& query, const std::string& path) {
  const bool point = query.find(',') != std::string::npos;
  return {"--query", path, point ? "[" + query + "]" : query, !point};
}

NamedConfig config_of(AttendOptions options) {
  ChainAdditions more;
  const std::string stage = "stages[1].attend";
  more.stages = attention_overrides(options.attention, stage);
  if (!options.query.empty())
    more.stages.push_back(query_override(options.query, stage + ".query"));
  if (options.per_object)
    more.stages.push_back({"--per-object", stage + ".per_object", "true", false});
  const std::string sink = "sinks[0].attention";
  more.first_sink.push_back({"--output", sink + ".dir", take_folder(options.outputs), true});
  if (!options.kinds.empty()) {
    more.first_sink.push_back({"--write", sink + ".write", "[" + options.kinds + "]", false});
  }
  const std::string model = options.model.empty() ? kBuiltinModel : options.model;
  return config_from_sources(options, stage_of_model(model), kBuiltinModel, more, "fovea attend");
}

}  // namespace

void add_attention_options(CLI::App& command, AttentionOptions& options) {
  command
      .add_option("--method", options.method,
                  "raw (default): one layer; rollout: all layers; masking: what the label rests on")
      ->type_name("METHOD");
  command
      .add_option("--layer", options.layer, "raw: from 0, or backwards from the last, -1 (default)")
      ->type_name("N");
  command.add_option("--head", options.head, "raw: mean (default), max, all, or one from 0")
      ->type_name("mean|max|all|N");
}

std::vector<Override> attention_overrides(const AttentionOptions& options,
                                          const std::string& stage) {
  std::vector<Override> overrides{{"", stage, "{}", false}};
  const auto add = [&](const char* label, const char* key, const std::string& value) {
    if (!value.empty()) overrides.push_back({label, stage + "." + key, value, true});
  };
  add("--method", "method", options.method);
  add("--layer", "layer", options.layer);
  add("--head", "head", options.head);
  return overrides;
}

void add_attend(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<AttendOptions>();
  CLI::App* command =
      app.add_subcommand("attend", "Show which parts of each picture a model attends to");
  add_source_options(*command, *options);
  add_run_options(*command, *options);
  command->get_option("--output")
      ->description(
          "Folder of the maps (default: attention), or a FILE of records: .jsonl, .csv or .html. "
          "Repeatable");
  add_attention_options(*command, options->attention);
  command
      ->add_option("--query", options->query,
                   "Whose attention: cls (default), or X,Y for the patch at a point of the upright "
                   "picture, in pixels, or in shares where both are at most 1")
      ->type_name("cls|X,Y");
  command->add_flag("--per-object", options->per_object, "Detectors: a map for each object");
  command->add_option("--write", options->kinds, "Only these files, as in heat,npy")
      ->type_name("heat,overlay,npy,heads");
  command
      ->add_option("--min-score", options->min_score,
                   "Detectors: objects above this score are kept (default: 0.5)")
      ->type_name("SCORE");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = execute(config_of(*options), *options); });
}

}  // namespace fovea::pipeline
