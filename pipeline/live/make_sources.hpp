// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a run's `sources` to what the live line supervises.

#include <filesystem>
#include <vector>

#include "pipeline/config/run_config.hpp"
#include "pipeline/live/supervisor.hpp"
#include "pipeline/sources/sources.hpp"

namespace fovea::pipeline {

/// One LiveSource for each of the configuration's sources, in their order. Pictures, lists and
/// standard input join in: nothing of theirs is dropped. `inputs` as for Sources.
std::vector<LiveSource> make_live_sources(const RunConfig& config, const SourceOptions& inputs);

}  // namespace fovea::pipeline
