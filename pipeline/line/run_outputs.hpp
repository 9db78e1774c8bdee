// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a run writes, and where. Used by run.cpp.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/config/run_config.hpp"
#include "pipeline/sinks/sink.hpp"

namespace fovea::pipeline {

/// Where errors.jsonl and manifest.json go; empty: nowhere.
std::filesystem::path report_dir(const RunConfig& config);

/// Every file and folder that the run writes: none of them is its input.
std::vector<std::filesystem::path> outputs_of(const RunConfig& config);

/// The configured sinks and errors.jsonl. A manifest of an earlier run goes: it would
/// describe other results than those that begin here.
/// Throws ConfigError where a file or folder cannot be made.
std::vector<std::unique_ptr<Sink>> open_sinks(const RunConfig& config, const RunIdentity& identity,
                                              const std::vector<std::string>& labels,
                                              const Notice& on_notice);

}  // namespace fovea::pipeline
