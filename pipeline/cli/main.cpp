// SPDX-License-Identifier: Apache-2.0
// The edge: every error ends here as text on standard error and an exit code.
#include <cstdio>
#include <exception>

#include "compute/error.hpp"
#include "pipeline/cli/app.hpp"
#include "pipeline/config/mask.hpp"

int main(int argc, char** argv) {
  try {
    return static_cast<int>(fovea::pipeline::run_command_line(argc, argv));
  } catch (const fovea::Error& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "fovea: %s\n", fovea::pipeline::masked(error.what()).c_str());
    return static_cast<int>(error.exit_code());
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::fprintf(stderr,
                 "fovea: unexpected: %s\n  where: a place that should have explained itself\n"
                 "  fix:   please report it with the command and the output of: fovea doctor\n",
                 fovea::pipeline::masked(error.what()).c_str());
    return static_cast<int>(fovea::ExitCode::nothing_done);
  }
}
