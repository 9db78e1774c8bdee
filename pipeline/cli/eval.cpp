// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/eval.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/cli/app.hpp"
#include "pipeline/cli/execute.hpp"
#include "pipeline/cli/interrupt.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/cli/progress.hpp"
#include "pipeline/eval/box_eval.hpp"
#include "pipeline/eval/deletion.hpp"
#include "pipeline/eval/detector_eval.hpp"
#include "pipeline/sinks/sinks.hpp"

namespace fovea::pipeline {
namespace {

struct EvalOptions : CommonOptions {
  std::string data, folder;
  std::string detections, split, images;
  bool deletion = false;
  AttentionOptions attention;
  std::uint64_t seed = 1;
};

const char* const kExamples = R"(Examples:
  fovea eval photos-by-class/ -m fovea-vit-cifar10
  fovea eval datasets/cifar10.yaml -o out/eval
  fovea eval photos-by-class/ -m MODEL --json
  fovea eval annotations/instances_val.json --detections results.json -o out/eval
  fovea eval VOC2012/ --split val -m hustvl/yolos-tiny
  fovea eval VOC2012/ --split val --detections results.json
  fovea eval photos-by-class/ -m MODEL --deletion -o out/deletion
A folder holds one folder of pictures per class, or Pascal VOC's Annotations; a .json file is
COCO's annotations. With -o DIR: eval.json, classes.csv, and confusion.csv and confusion.png, or
for boxes curves.svg. --deletion asks whether the model rests on what it attends to: accuracy while
the most attended patches are removed first, beside patches removed at random.)";

/// Device, precision, batch and --set as a run's configuration; sources and stages are
/// placeholders that evaluate(), evaluate_detector() and evaluate_deletion() replace, but for what
/// `detect` and `attend` keep.
RunConfig settings_of(const EvalOptions& options, const std::string& kind) {
  CommonOptions settings = options;
  settings.model.clear();
  settings.outputs.clear();
  settings.json = false;
  const std::string stage = "stages[0]." + kind;
  std::vector<Override> overrides = to_overrides(settings, stage, 0);
  overrides.insert(overrides.begin(), {{"DATA", "source.path", options.data, true},
                                       {"--model", stage + ".model", options.model, true},
                                       {"DATA", "sinks[0]", "table", false}});
  if (options.deletion) {
    const auto attend = attention_overrides(options.attention, "stages[1].attend");
    overrides.insert(overrides.end(), attend.begin(), attend.end());
  }
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

/// Progress and signals around `run`, which gets the options that they need.
template <class Run>
auto with_display(const EvalOptions& options, Run run) {
  ProgressDisplay display(parse_progress(options.progress, stderr), stderr);
  const InterruptGuard guard;
  auto report = run(run_options(display));
  display.finish();
  return report;
}

ExitCode evaluate_boxes(EvalOptions options, BoxTruth truth) {
  if (options.detections.empty() && options.model.empty()) {
    throw ConfigError(fmt::format("'{}' holds boxes ({})", truth.name, truth.form), options.data,
                      "name a detector with -m MODEL, or give what was found before: "
                      "--detections results.json");
  }
  if (!options.detections.empty() && !options.model.empty()) {
    throw ConfigError("both a model and detections are given", "--model, --detections",
                      "keep one: detections are judged as they are");
  }
  if (options.model.empty()) {
    show(evaluate_detections(truth, options.detections), options);
    return ExitCode::ok;
  }
  options.model = resolved_model(options.model);
  if (options.min_score.empty()) options.min_score = "0";
  DetectorRequest request;
  request.truth = std::move(truth);
  request.images = options.images;
  request.settings = settings_of(options, "detect");
  const BoxReport report = with_display(options, [&](RunOptions run) {
    request.options = std::move(run);
    return evaluate_detector(request);
  });
  show(report, options);
  return exit_code_of(report.run->summary);
}

ExitCode evaluate_deletion_of(const EvalOptions& options) {
  DeletionRequest request;
  request.data = options.data;
  request.model = options.model;
  request.seed = options.seed;
  request.settings = settings_of(options, "classify");
  request.attend = std::get<AttendConfig>(request.settings.stages.at(1));
  if (request.attend.head == "all") {
    throw ConfigError("removal needs one order of the patches, and --head all has one a head",
                      "--head", "use mean, max, or one head's number");
  }
  const DeletionReport report = with_display(options, [&](RunOptions run) {
    request.options = std::move(run);
    return evaluate_deletion(request);
  });
  fmt::print("{}\n", options.json ? to_json(report) : to_text(report));
  if (!options.folder.empty()) write_eval_report(report, options.folder);
  return exit_code_of(report.run.summary);
}

ExitCode evaluate_command(EvalOptions options) {
  const AttentionOptions& attention = options.attention;
  if (!options.deletion && !(attention.method + attention.layer + attention.head).empty()) {
    throw ConfigError("method, layer and head say in which order patches are removed", "fovea eval",
                      "add --deletion, or leave them out");
  }
  if (std::optional<BoxTruth> truth = find_box_truth(options.data, options.split)) {
    if (options.deletion) {
      throw ConfigError("this data set holds boxes, and removal is judged by classes", options.data,
                        "give class folders, or leave --deletion out");
    }
    return evaluate_boxes(std::move(options), *std::move(truth));
  }
  if (!options.detections.empty() || !options.split.empty() || !options.images.empty()) {
    throw ConfigError(
        "this data set holds no boxes, so it takes no detections, no split and no images",
        options.data, "give COCO's annotations (.json) or a folder with VOC's XML");
  }
  options.model = resolved_model(options.model.empty() ? kBuiltinModel : options.model);
  if (options.deletion) return evaluate_deletion_of(options);
  EvalRequest request;
  request.data = options.data;
  request.model = options.model;
  request.settings = settings_of(options, "classify");
  const EvalReport report = with_display(options, [&](RunOptions run) {
    request.options = std::move(run);
    return evaluate(request);
  });
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
  command
      ->add_option("--images", options->images,
                   "Boxes: folder of the pictures, where it is not the usual one")
      ->type_name("DIR");
  command
      ->add_option("--min-score", options->min_score,
                   "Boxes: a detector's objects above this score are judged (default: 0)")
      ->type_name("SCORE");
  command->add_flag("--deletion", options->deletion,
                    "Accuracy while patches are removed: most attended first, and at random");
  add_attention_options(*command, options->attention);
  command->add_option("--seed", options->seed, "Of the random removals (default: 1)")
      ->type_name("N");
  command->add_option("--progress", options->progress, "auto, bar, lines, json or none")
      ->type_name("MODE");
  add_json_option(*command, options->json, "Figures");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = evaluate_command(*options); });
}

}  // namespace fovea::pipeline
