// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/eval.hpp"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "pipeline/cli/app.hpp"
#include "pipeline/cli/execute.hpp"
#include "pipeline/cli/interrupt.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/cli/progress.hpp"
#include "pipeline/sinks/sinks.hpp"

namespace fovea::pipeline {
namespace {

struct EvalOptions : CommonOptions {
  std::string data, folder;
};

const char* const kExamples = R"(Examples:
  fovea eval photos-by-class/ -m fovea-vit-cifar10
  fovea eval datasets/cifar10.yaml -o out/eval
  fovea eval photos-by-class/ -m MODEL --json
A folder holds one folder of pictures per class. With -o DIR: eval.json, classes.csv,
confusion.csv and confusion.png.)";

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

ExitCode evaluate_command(EvalOptions options) {
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
  if (options.json) {
    fmt::print("{}\n", to_json(report));
  } else {
    fmt::print("{}\n", to_text(report, terminal_style(stdout).columns));
  }
  if (!options.folder.empty()) write_eval_report(report, options.folder);
  return exit_code_of(report.run.summary);
}

}  // namespace

void add_eval(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* command = app.add_subcommand("eval", "Count how often a model is right");
  command->add_option("DATA", options->data, "Folder of class folders, or a dataset's YAML")
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
  command->add_option("--progress", options->progress, "auto, bar, lines, json or none")
      ->type_name("MODE");
  add_json_option(*command, options->json, "Figures");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = evaluate_command(*options); });
}

}  // namespace fovea::pipeline
