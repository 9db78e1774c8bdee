// SPDX-License-Identifier: Apache-2.0
#pragma once
// A struct of the table as YAML on one line.

#include <string>

#include "pipeline/config/keys.hpp"

namespace fovea::pipeline {

/// "{model: a, top: 3}": the keys of `target` that differ from `defaults`, or are required.
std::string write_section(const Section& section, const void* target, const void* defaults);

}  // namespace fovea::pipeline
