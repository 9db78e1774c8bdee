// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a live run is doing, as JSON: in manifest.json and in `--progress json`.

#include "pipeline/live/status.hpp"
#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {

/// A list with one object a source; docs/live.md has its fields.
Json sources_json(const LiveStatus& status);
/// null in runs without latency.degrade.
Json degraded_json(const LiveStatus& status);

}  // namespace fovea::pipeline
