// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "pipeline/cli/app.hpp"
#include "pipeline/cli/chain_text.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {
namespace {

struct CheckOptions : CommonOptions {
  std::vector<std::string> files;
};

const char* const kExamples = R"(Examples:
  fovea check configs/*.yaml
  fovea check job.yaml --set batch=32
  fovea check job.yaml --json                     faults with file, line and column)";

Json faults_json(const std::vector<Fault>& faults) {
  Json list = Json::array();
  for (const Fault& fault : faults) {
    list.push_back({{"file", fault.place.file},
                    {"line", fault.place.line},
                    {"column", fault.place.column},
                    {"path", fault.place.path},
                    {"what", fault.what},
                    {"fix", fault.fix}});
  }
  return list;
}

ExitCode check(const CheckOptions& options) {
  ExitCode exit_code = ExitCode::ok;
  Json report = Json::array();
  for (const std::string& file : options.files) {
    const NamedConfig named = config_from_file(file, {}, options);
    const std::vector<Fault>& faults = named.checked.faults;
    if (!faults.empty()) exit_code = ExitCode::usage;
    if (options.json) {
      report.push_back({{"file", file}, {"ok", faults.empty()}, {"faults", faults_json(faults)}});
    } else if (faults.empty()) {
      fmt::print("{}: ok\n{}", file, chain_text(named.checked.config));
    } else {
      fmt::print("{}\n{}: {} {}\n", to_string(faults), file, faults.size(),
                 faults.size() == 1 ? "fault" : "faults");
    }
  }
  if (options.json) fmt::print("{}\n", to_pretty(report));
  return exit_code;
}

}  // namespace

void add_check(CLI::App& app, ExitCode& exit_code) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand("check", "Find all faults of a YAML file, run nothing");
  command->add_option("CONFIG", options->files, "YAML files")->type_name("")->required();
  command->add_option("--set", options->sets, "Change one value first. Repeatable")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  add_json_option(*command, options->json, "Faults");
  command->footer(kExamples);
  command->callback([options, &exit_code] { exit_code = check(*options); });
}

}  // namespace fovea::pipeline
