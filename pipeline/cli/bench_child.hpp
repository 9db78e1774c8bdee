// SPDX-License-Identifier: Apache-2.0
#pragma once
// Each measurement of `fovea bench` runs in a process of its own.

#include <functional>

#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {

/// The function's result from a child process; what it throws is thrown here.
/// Requires: this process has one thread and has opened no device.
Json in_child(const std::function<Json()>& work);

}  // namespace fovea::pipeline
