// SPDX-License-Identifier: Apache-2.0
#pragma once
// YAML in, RunConfig out, and back. The checker finds every fault at once.

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/config/run_config.hpp"

namespace fovea::pipeline {

/// One fault of a configuration.
struct Fault {
  Place place;
  std::string what;  // "unknown key 'batchsize'"
  std::string fix;   // "did you mean 'batch'? All keys: fovea schema"
};
/// "configs/a.yaml:12:3 (stages[0].classify)", as an Error says where.
std::string to_string(const Place& place);
/// "configs/a.yaml:12:3 stages[0].classify: unknown key 'batchsize'\n  fix: ..." for each.
std::string to_string(std::span<const Fault> faults);

struct CheckedConfig {
  RunConfig config;           // usable only when faults is empty
  std::vector<Fault> faults;  // in file order
};

/// Reads, applies `overrides` ("stages[0].classify.top=3"), expands ${ENV}, checks keys,
/// types, units, the chain's needs, and (unless `files_too` is false) that models, inputs
/// and output folders exist. Throws ConfigError only when the file cannot be read at all.
CheckedConfig check_config_file(const std::filesystem::path& file,
                                std::span<const std::string> overrides = {}, bool files_too = true);
/// The same for YAML text; `name` stands for the file in messages.
CheckedConfig check_config_text(const std::string& yaml, const std::string& name,
                                std::span<const std::string> overrides = {}, bool files_too = true);

/// One value put into a configuration from outside: `--set a.b=c`, or an option such as --batch.
struct Override {
  std::string label;  // stands for the file in messages: "--set", "--batch"
  std::string path;   // "stages[0].classify.top"; the index one past the end appends
  std::string value;  // YAML, unless `literal`
  bool literal = false;
};
/// "a.b[0]=c" as an Override labelled "--set". Throws ConfigError without a '='.
Override parse_override(const std::string& text);

/// check_config_text() with overrides that name their own origin.
CheckedConfig check_config(const std::string& yaml, const std::string& name,
                           std::span<const Override> overrides, bool files_too = true);
/// The whole file. Throws ConfigError when it cannot be read.
std::string read_config_file(const std::filesystem::path& file);

/// check_config_file, throwing one ConfigError that lists all faults.
RunConfig load_config(const std::filesystem::path& file, std::span<const std::string> overrides);
/// The config, or one ConfigError that lists all faults; `name` as in check_config().
RunConfig require_valid(CheckedConfig checked, const std::string& name);

/// The YAML a RunConfig stands for; check_config_text() reads it back to the same config.
std::string emit_yaml(const RunConfig& config);

/// JSON Schema (2020-12) of the YAML, for editors.
std::string json_schema();

}  // namespace fovea::pipeline
