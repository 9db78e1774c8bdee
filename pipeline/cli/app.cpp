// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/app.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "pipeline/cli/options.hpp"
#include "pipeline/config/nearest.hpp"

namespace fovea::pipeline {
namespace {

const char* const kExamples = R"(Examples:
  fovea classify photos/                          a table on the terminal
  fovea classify photos/ -o out.jsonl -o out.html files as well, by their ending
  fovea detect photos/ -m hustvl/yolos-tiny       objects with their boxes
  fovea attend photo.jpg                          where the model looks
  fovea run configs/sort-folder.yaml              what a YAML file says
  fovea doctor                                    devices, drivers, models on this machine

Exit codes: 0 all done, 1 usage or configuration, 2 some inputs failed, 3 nothing could be
processed, 4 the demanded device is not usable, 130 interrupted.)";

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

/// The innermost command that was named on the line.
const CLI::App& named_command(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return *command;
}

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? "fovea" : full_name(*parent) + " " + command.get_name();
}

[[noreturn]] void refuse_word(const CLI::App& command, const std::string& word) {
  const std::string name = full_name(command);
  const std::vector<std::string> commands = command_names(command);
  if (!word.starts_with('-')) {
    const std::string near = nearest_name(word, commands);
    if (commands.empty()) {
      throw ConfigError("'" + word + "' is one argument too many", name,
                        "see how it is used: " + name + " --help");
    }
    throw ConfigError("unknown command '" + word + "'", name,
                      near.empty()
                          ? "see all commands: " + name + " --help"
                          : "did you mean '" + near + "'? All commands: " + name + " --help");
  }
  std::vector<std::string> options;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& long_name : option->get_lnames()) options.push_back("--" + long_name);
  }
  const std::string typed = word.substr(0, word.find('='));
  const std::string near = nearest_name(typed, options);
  throw ConfigError(
      "unknown option '" + typed + "'", name,
      (near.empty() ? "see all options: " : "did you mean '" + near + "'? All options: ") + name +
          " --help");
}

}  // namespace

ExitCode run_command_line(int argc, const char* const* argv) {
  ExitCode exit_code = ExitCode::ok;
  CLI::App app("Fovea: answers from vision transformers on any Vulkan device", "fovea");
  app.footer(kExamples);
  app.require_subcommand(0, 1);
  app.get_formatter()->column_width(34);
  add_classify(app, exit_code);
  add_detect(app, exit_code);
  add_attend(app, exit_code);
  add_run(app, exit_code);
  add_check(app, exit_code);
  add_explain(app, exit_code);
  add_eval(app, exit_code);
  add_bench(app, exit_code);
  add_tune(app, exit_code);
  add_preprocess(app, exit_code);
  add_quality(app, exit_code);
  add_doctor(app, exit_code);
  add_models(app, exit_code);
  add_schema(app, exit_code);
  add_version(app, exit_code);
  bool show_version = false;
  app.add_flag("--version", show_version, "Print the version");
  try {
    std::vector<std::string> arguments = join_view_address({argv + 1, argv + argc});
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp& help) {
    app.exit(help);
    return ExitCode::ok;
  } catch (const CLI::ParseError& error) {
    const CLI::App& command = named_command(app);
    const std::vector<std::string> rest = app.remaining(true);
    if (!rest.empty()) refuse_word(command, rest.front());
    const std::string name = full_name(command);
    throw ConfigError(error.what(), name, "see how it is used: " + name + " --help");
  }
  if (show_version) {
    fmt::print("fovea {}\n", FOVEA_VERSION);
  } else if (app.get_subcommands().empty()) {
    fmt::print("{}", app.help());
    return ExitCode::usage;
  }
  return exit_code;
}

}  // namespace fovea::pipeline
