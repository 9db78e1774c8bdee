// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/eval.hpp"

#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/cli/app.hpp"
#include "pipeline/cli/execute.hpp"
#include "pipeline/cli/interrupt.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/cli/progress.hpp"
#include "pipeline/eval/box_eval.hpp"
#include "pipeline/sinks/sinks.hpp"

namespace fovea::pipeline {
namespace {

struct EvalOptions : CommonOptions {
  std::string data, folder;
  std::string detections, split;
};

const char* const kExamples = R"(Examples:
  fovea eval photos-by-class/ -m fovea-vit-cifar10
  fovea eval datasets/cifar10.yaml -o out/eval
  fovea eval photos-by-class/ -m MODEL --json
  fovea eval annotations/instances_val.json --detections results.json -o out/eval
  fovea eval VOC2012/ --split val --detections results.json
A folder holds one folder of pictures per class, or Pascal VOC's Annotations; a .json file is
COCO's annotations. With -o DIR: eval.json, classes.csv, and confusion.csv and confusion.png, or
for boxes curves.svg.)";

/// Device, precision, batch and --set as a run's configuration; sources and stages are
/// placeholders that evaluate() replaces.
RunConfig settings_of(const EvalOptions& options) {
  CommonOptions settings = options;
  settings.model.clear();
  settings.outputs.clear();
  settings.json = false;
  std::vector<Override> overrides = to_overrides(settings, "stages[0].classify", 0);
  overrides.insert(overrides.begin(), {{"DATA", "source.path", options.data, true},
                                       {"--model", "stages[0].classify.model", options.model, true},
                                       {"DATA", "sinks[0]", "table", false}});
  RunConfig config =
      require_valid(check_config("version: 1\n", "fovea eval", overrides), "fovea eval");
  config.sinks.clear();
  return config;
}

template <class Report>
void show(const Report& report, const EvalOptions& options) {
  fmt::print("{}\n",
             options.json ? to_json(report) : to_text(report, terminal_style(stdout).columns));
  if (!options.folder.empty()) write_eval_report(report, options.folder);
}

ExitCode evaluate_boxes(const EvalOptions& options, const BoxTruth& truth) {
  if (options.detections.empty()) {
    throw ConfigError(fmt::format("'{}' holds boxes ({})", truth.name, truth.form), options.data,
                      "say what was found in its pictures: --detections results.json");
  }
  if (!options.model.empty()) {
    throw ConfigError("both a model and detections are given", "--model, --detections",
                      "keep one: detections are judged as they are");
  }
  show(evaluate_detections(truth, options.detections), options);
  return ExitCode::ok;
}

ExitCode evaluate_command(EvalOptions options) {
  if (const std::optional<BoxTruth> truth = find_box_truth(options.data, options.split)) {
    return evaluate_boxes(options, *truth);
  }
  if (!options.detections.empty() || !options.split.empty()) {
    throw ConfigError("this data set holds no boxes, so it takes no detections and no split",
                      options.data, "give COCO's annotations (.json) or a folder with VOC's XML");
  }
  const ProgressMode mode = parse_progress(options.progress, stderr);
  options.model = resolved_model(options.model.empty() ? kBuiltinModel : options.model);
  ProgressDisplay display(mode, stderr);
  const InterruptGuard guard;
  EvalRequest request;
  request.data = options.data;
  request.model = options.model;
  request.settings = settings_of(options);
  request.options = run_options(display);
  const EvalReport report = evaluate(request);
  display.finish();
  show(report, options);
  return exit_code_of(report.run.summary);
}

}  // namespace

void add_eval(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* command = app.add_subcommand("eval", "Count how often a model is right");
  command
      ->add_option("DATA", options->data,
                   "Class folders, a dataset's YAML, COCO annotations (.json), or VOC's folder")
      ->type_name("")
      ->required();
  add_model_option(*command, *options);
  add_device_options(*command, *options);
  command->add_option("--batch", options->batch, "Pictures in one submission")->type_name("N");
  command->add_option("--set", options->sets, "Change one value of the run. Repeatable")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command->add_option("-o,--output", options->folder, "Folder for tables and the picture")
      ->type_name("DIR");
  command->add_option("--detections", options->detections, "Boxes found before, as COCO results")
      ->type_name("FILE");
  command
      ->add_option("--split", options->split, "VOC: only the pictures of ImageSets/Main/NAME.txt")
      ->type_name("NAME");
  command->add_option("--progress", options->progress, "auto, bar, lines, json or none")
      ->type_name("MODE");
  add_json_option(*command, options->json, "Figures");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = evaluate_command(*options); });
}

}  // namespace fovea::pipeline
