// SPDX-License-Identifier: Apache-2.0
#pragma once
// What happened in a stream, as records write it.

#include "pipeline/frame.hpp"
#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {

/// {"event":"line_cross","line":"door","dir":"in","count":3,"track":7,"object":"person"}.
Json to_json(const Event& event);

}  // namespace fovea::pipeline
