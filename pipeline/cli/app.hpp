// SPDX-License-Identifier: Apache-2.0
#pragma once
// The command line: one function per command, each in the file of its name.

#include "compute/error.hpp"

namespace CLI {
class App;
}

namespace fovea::pipeline {

/// Carries out one command line. Throws Error, for main() to print.
ExitCode run_command_line(int argc, const char* const* argv);

/// Adds the command to `app`; carried out, it leaves its exit code in `exit_code`.
void add_classify(CLI::App& app, ExitCode& exit_code);
void add_detect(CLI::App& app, ExitCode& exit_code);
void add_attend(CLI::App& app, ExitCode& exit_code);
void add_run(CLI::App& app, ExitCode& exit_code);
void add_check(CLI::App& app, ExitCode& exit_code);
void add_explain(CLI::App& app, ExitCode& exit_code);
void add_eval(CLI::App& app, ExitCode& exit_code);
void add_bench(CLI::App& app, ExitCode& exit_code);
void add_tune(CLI::App& app, ExitCode& exit_code);
void add_preprocess(CLI::App& app, ExitCode& exit_code);
void add_quality(CLI::App& app, ExitCode& exit_code);
void add_doctor(CLI::App& app, ExitCode& exit_code);
void add_models(CLI::App& app, ExitCode& exit_code);
void add_schema(CLI::App& app, ExitCode& exit_code);
void add_version(CLI::App& app, ExitCode& exit_code);

}  // namespace fovea::pipeline
