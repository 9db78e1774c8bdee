// SPDX-License-Identifier: Apache-2.0
#pragma once
// What `fovea bench` and `fovea tune` measure: one model, several batches and precisions.

#include <optional>
#include <string>
#include <vector>

#include "compute/ops/transformer.hpp"
#include "pipeline/cli/options.hpp"

namespace fovea::pipeline {

/// As typed.
struct MeasuredOptions {
  std::string model = kBuiltinModel, device = "auto";
  std::vector<std::string> batches{"1", "8"}, precisions{"auto"};
  bool json = false;
};

/// -m, --device, --batch, --precision.
void add_measured_options(CLI::App& command, MeasuredOptions& options);

/// Throws ConfigError for what is no batch size.
std::vector<int> batches_of(const MeasuredOptions& options);
/// In the order of `options.precisions`; nothing for auto. Throws ConfigError for another word.
std::vector<std::optional<compute::ops::Precision>> precisions_of(const MeasuredOptions& options);

}  // namespace fovea::pipeline
