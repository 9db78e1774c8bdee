// SPDX-License-Identifier: Apache-2.0
#pragma once
// A configuration as the chain it is: what each link needs and gives.

#include <string>

#include "pipeline/config/run_config.hpp"

namespace fovea::pipeline {

/// One line a link: sources, stages, sinks, then device, precision and batch.
std::string chain_text(const RunConfig& config);

}  // namespace fovea::pipeline
