// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <opencv2/core/utility.hpp>

#include "pipeline/cli/app.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {

void add_version(CLI::App& app, ExitCode&) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("version", "Print versions of Fovea and what it uses");
  add_json_option(*command, *json, "Versions");
  command->footer("Example:\n  fovea version --json");
  command->callback([json] {
    const Json versions{{"fovea", FOVEA_VERSION},
                        {"build", FOVEA_BUILD_TYPE},
                        {"compiler", FOVEA_COMPILER},
                        {"opencv", cv::getVersionString()},
                        {"vulkan_headers", FOVEA_VULKAN_HEADERS}};
    if (*json) {
      fmt::print("{}\n", to_pretty(versions));
      return;
    }
    for (const auto& [name, value] : versions.items()) {
      fmt::print("{:<16}{}\n", name, value.get<std::string>());
    }
  });
}

}  // namespace fovea::pipeline
