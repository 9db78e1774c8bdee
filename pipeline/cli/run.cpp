// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include "pipeline/cli/app.hpp"
#include "pipeline/cli/execute.hpp"
#include "pipeline/cli/options.hpp"

namespace fovea::pipeline {
namespace {

struct RunCommandOptions : CommonOptions {
  std::string file;
  std::vector<std::string> sources;
};

const char* const kExamples = R"(Examples:
  fovea run configs/classify-folder.yaml
  fovea run job.yaml -s other/folder --set stages[0].classify.top=1
  fovea run job.yaml --device gpu --precision fp16 --batch 32
  fovea run job.yaml -o extra.csv --progress json)";

}  // namespace

void add_run(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<RunCommandOptions>();
  CLI::App* command = app.add_subcommand("run", "Carry out a YAML file");
  command->add_option("CONFIG", options->file, "The YAML file")->type_name("")->required();
  command
      ->add_option("-s,--source", options->sources,
                   "Pictures instead of the file's own. Repeatable")
      ->type_name("SRC")
      ->allow_extra_args(false);
  add_run_options(*command, *options);
  add_top_option(*command, *options);
  command->footer(kExamples);
  command->callback([options, &exit_code] {
    exit_code = execute(config_from_file(options->file, options->sources, *options), *options);
  });
}

}  // namespace fovea::pipeline
