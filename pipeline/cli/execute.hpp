// SPDX-License-Identifier: Apache-2.0
#pragma once
// Carries out a checked configuration as a command: signals, progress, closing words.

#include <string>

#include "compute/error.hpp"
#include "pipeline/cli/options.hpp"
#include "pipeline/cli/progress.hpp"
#include "pipeline/line/run.hpp"

namespace fovea::pipeline {

/// Prints the YAML where --emit-yaml asks for it, else runs. Throws ConfigError with all
/// faults where there are any.
ExitCode execute(NamedConfig config, const CommonOptions& options);

/// What commands that run pictures through a model share: progress and notices go to `display`
/// (borrowed), signals stop the run, compiled kernels are kept.
RunOptions run_options(ProgressDisplay& display);

/// What the counts mean for scripts.
ExitCode exit_code_of(const RunSummary& summary);

/// "118 pictures in 3.2 s (36.9 a second), 2 failed".
std::string summary_line(const RunSummary& summary);

}  // namespace fovea::pipeline
