// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include "pipeline/cli/app.hpp"
#include "pipeline/cli/execute.hpp"
#include "pipeline/cli/options.hpp"

namespace fovea::pipeline {
namespace {

const char* const kExamples = R"(Examples:
  fovea detect smears/                          blood cells, with the built-in detector
  fovea detect photo.jpg -m hustvl/yolos-tiny
  fovea detect photos/ -m hustvl/yolos-small --min-score 0.9 --classes person,dog
  fovea detect photos/ -m DETECTOR -o results.jsonl -o results.csv
  find . -name '*.jpg' | fovea detect - -m DETECTOR --json
  fovea detect photos/ -m DETECTOR --emit-yaml > job.yaml     the same as a file, for: fovea run)";

constexpr const char* kBuiltinDetector = "fovea-yolos-bccd";

}  // namespace

void add_detect(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<PictureOptions>();
  CLI::App* command = app.add_subcommand("detect", "Find the objects in each picture");
  add_source_options(*command, *options);
  add_run_options(*command, *options, kBuiltinDetector);
  command
      ->add_option("--min-score", options->min_score,
                   "Objects above this score are kept: 0 to 1, or a percentage (default: 0.5)")
      ->type_name("SCORE");
  command->add_option("--classes", options->classes, "Only these classes, as in person,dog")
      ->type_name("NAMES");
  command->footer(kExamples);
  command->callback([options, &exit_code] {
    exit_code = execute(config_from_sources(*options, "detect", kBuiltinDetector), *options);
  });
}

}  // namespace fovea::pipeline
