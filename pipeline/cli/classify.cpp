// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include "pipeline/cli/app.hpp"
#include "pipeline/cli/execute.hpp"
#include "pipeline/cli/options.hpp"

namespace fovea::pipeline {
namespace {

struct ClassifyOptions : CommonOptions {
  std::vector<std::string> sources, lists;
};

const char* const kExamples = R"(Examples:
  fovea classify photo.jpg
  fovea classify photos/ more/ -m google/vit-base-patch16-224 --top 3
  fovea classify photos/ -o results.jsonl -o results.csv -o summary.html
  find . -name '*.jpg' | fovea classify - --json
  fovea classify @list.txt                        one path a line, as --list list.txt
  fovea classify photos/ --emit-yaml > job.yaml   the same as a file, for: fovea run job.yaml)";

}  // namespace

void add_classify(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<ClassifyOptions>();
  CLI::App* command = app.add_subcommand("classify", "Name what is in each picture");
  command
      ->add_option("SRC", options->sources, "Pictures, folders, @list.txt, or - for standard input")
      ->type_name("");
  command->add_option("--list", options->lists, "A text file with one path a line. Repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false);
  add_run_options(*command, *options);
  command->footer(kExamples);
  command->callback([options, &exit_code] {
    exit_code = execute(config_from_sources(options->sources, options->lists, *options), *options);
  });
}

}  // namespace fovea::pipeline
