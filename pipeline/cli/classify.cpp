// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include "pipeline/cli/app.hpp"
#include "pipeline/cli/execute.hpp"
#include "pipeline/cli/options.hpp"

namespace fovea::pipeline {
namespace {

const char* const kExamples = R"(Examples:
  fovea classify photo.jpg
  fovea classify photos/ more/ -m google/vit-base-patch16-224 --top 3
  fovea classify photos/ -o results.jsonl -o results.csv -o summary.html
  find . -name '*.jpg' | fovea classify - --json
  fovea classify @list.txt                        one path a line, as --list list.txt
  fovea classify photos/ --emit-yaml > job.yaml   the same as a file, for: fovea run job.yaml)";

}  // namespace

void add_classify(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<PictureOptions>();
  CLI::App* command = app.add_subcommand("classify", "Name what is in each picture");
  add_source_options(*command, *options);
  add_run_options(*command, *options);
  add_top_option(*command, *options);
  command->footer(kExamples);
  command->callback([options, &exit_code] {
    exit_code = execute(config_from_sources(*options, "classify", kBuiltinModel), *options);
  });
}

}  // namespace fovea::pipeline
