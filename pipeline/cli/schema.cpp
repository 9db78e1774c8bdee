// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "pipeline/cli/app.hpp"
#include "pipeline/config/config.hpp"

namespace fovea::pipeline {

void add_schema(CLI::App& app, ExitCode&) {
  CLI::App* command =
      app.add_subcommand("schema", "Print the JSON Schema of the YAML, for editors");
  command->footer(R"(Example:
  fovea schema > fovea.schema.json
Then begin a YAML file with this line, and the editor completes and explains keys:
  # yaml-language-server: $schema=fovea.schema.json)");
  command->callback([] { fmt::print("{}", json_schema()); });
}

}  // namespace fovea::pipeline
