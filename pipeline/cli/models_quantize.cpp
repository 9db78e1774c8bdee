// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/models_quantize.hpp"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "pipeline/cli/execute.hpp"
#include "pipeline/cli/interrupt.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/cli/progress.hpp"
#include "pipeline/eval/int8_report.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/model_name.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;

struct QuantizeOptions : CommonOptions {
  std::string pictures, folder;
  double max_drop = 1.0;
  bool report = false;
};

const char* const kExamples = R"(Examples:
  fovea models quantize fovea-vit-cifar10 --calib photos/ --report
  fovea models quantize google/vit-base-patch16-224 --calib photos/ -o vit-base-int8
  fovea classify photos/ -m vit-base-int8 --precision int8
Runs the model in fp32 and in int8 over the pictures of --calib and prints what changes: answers,
accuracy where the pictures lie in folders of their classes, logits, bytes. The int8 model keeps
its layout and is read like any other. Where more than --max-drop percent of the pictures get
another first answer, the exit code is 5 and nothing is written.)";

/// Device and batch as a run's configuration; sources and stages are placeholders that
/// compare_int8() replaces.
RunConfig settings_of(const QuantizeOptions& options) {
  CommonOptions settings;
  settings.device = options.device;
  settings.batch = options.batch;
  std::vector<Override> overrides = to_overrides(settings, "stages[0].classify", 0);
  overrides.insert(overrides.begin(), {{"--calib", "source.path", options.pictures, true},
                                       {"MODEL", "stages[0].classify.model", options.model, true},
                                       {"--calib", "sinks[0]", "table", false}});
  RunConfig config = require_valid(check_config("version: 1\n", "fovea models quantize", overrides),
                                   "fovea models quantize");
  config.sinks.clear();
  return config;
}

/// Before the pictures are looked at, which may take long.
void require_target(const QuantizeOptions& options) {
  if (!options.report && options.folder.empty()) {
    throw ConfigError("nothing is asked for", "fovea models quantize",
                      "give -o DIR to write the int8 model, --report to see what it changes, or "
                      "both");
  }
  if (!options.folder.empty() && fs::exists(options.folder)) {
    throw ConfigError("the folder for the int8 model exists already", options.folder,
                      "choose a folder that does not exist yet");
  }
}

ExitCode quantize(QuantizeOptions options) {
  const ProgressMode mode = parse_progress(options.progress, stderr);
  require_target(options);
  options.model = resolved_model(options.model);
  if (stage_of_model(options.model) == "detect") {
    throw ModelError("the report of what int8 changes compares the first answers of classifiers",
                     options.model,
                     "run the detector with its weights rounded as they are read: fovea detect SRC "
                     "-m MODEL --precision int8");
  }
  ProgressDisplay display(mode, stderr);
  const InterruptGuard guard;
  Int8Request request;
  request.pictures = options.pictures;
  request.model = options.model;
  request.settings = settings_of(options);
  request.options = run_options(display);
  const Int8Report report = compare_int8(request);
  display.finish();
  if (options.json) {
    fmt::print("{}\n", to_json(report));
  } else {
    fmt::print("{}", to_text(report, options.report));
  }
  std::fflush(stdout);  // before what may be refused below
  const ExitCode exit_code = exit_code_of(report.run.summary);
  if (exit_code == ExitCode::interrupted || exit_code == ExitCode::nothing_done) return exit_code;
  require_small_change(report, options.max_drop);
  if (options.folder.empty()) return exit_code;
  const fs::path original = vision::find_model(options.model).folder;
  vision::write_int8_model(vision::Checkpoint::open(original), options.folder);
  if (!options.json) {
    fmt::print("written   {}\n  use it: fovea classify SRC -m {} --precision int8\n",
               options.folder, options.folder);
  }
  return exit_code;
}

}  // namespace

void add_models_quantize(CLI::App& models, ExitCode& exit_code) {
  auto options = std::make_shared<QuantizeOptions>();
  CLI::App* command =
      models.add_subcommand("quantize", "Store a model as int8, and see what that changes");
  command->add_option("MODEL", options->model, "Folder, built-in name or org/name")
      ->type_name("")
      ->required();
  command
      ->add_option("--calib", options->pictures,
                   "Pictures to compare on: a folder, class folders or a dataset's YAML")
      ->type_name("FOLDER")
      ->required();
  command->add_flag("--report", options->report,
                    "Print the weights' errors layer by layer too; without -o write nothing");
  command->add_option("-o,--output", options->folder, "Write the int8 model into this new folder")
      ->type_name("DIR");
  command
      ->add_option("--max-drop", options->max_drop,
                   "Refuse where more pictures than this get another first answer (default: 1)")
      ->check(CLI::Range(0.0, 100.0))
      ->type_name("PERCENT");
  command->add_option("--device", options->device, "auto, gpu, cpu, a number or part of a name")
      ->type_name("DEVICE");
  command->add_option("--batch", options->batch, "Pictures in one submission")->type_name("N");
  command->add_option("--progress", options->progress, "auto, bar, lines, json or none")
      ->type_name("MODE");
  add_json_option(*command, options->json, "Report");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = quantize(*options); });
}

}  // namespace fovea::pipeline
