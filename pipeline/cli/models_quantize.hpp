// SPDX-License-Identifier: Apache-2.0
#pragma once
// `fovea models quantize`, below the command `models`.

#include "compute/error.hpp"

namespace CLI {
class App;
}

namespace fovea::pipeline {

void add_models_quantize(CLI::App& models, ExitCode& exit_code);

}  // namespace fovea::pipeline
