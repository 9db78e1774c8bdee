// SPDX-License-Identifier: Apache-2.0
#pragma once
// The page that a run asks for, for the commands that carry out runs.

#include <functional>
#include <memory>
#include <string>

#include "pipeline/config/run_config.hpp"
#include "pipeline/view/view.hpp"

namespace fovea::pipeline {

/// Null where the run asks for none. `on_notice` is told the page's address.
/// Requires: the configuration was checked.
std::unique_ptr<View> view_of(const RunConfig& config,
                              std::function<void(const std::string&)> on_notice);

}  // namespace fovea::pipeline
