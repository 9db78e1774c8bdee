// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/bench_options.hpp"

#include <algorithm>
#include <charconv>

#include <CLI/CLI.hpp>

#include "compute/error.hpp"

namespace fovea::pipeline {

void add_measured_options(CLI::App& command, MeasuredOptions& options) {
  command
      .add_option("-m,--model", options.model,
                  "Model folder, built-in name, org/name or random:NAME")
      ->type_name("MODEL");
  command.add_option("--device", options.device, "auto, gpu, cpu, a number or part of a name")
      ->type_name("DEVICE");
  command.add_option("--batch", options.batches, "Batch sizes (default: 1,8)")
      ->delimiter(',')
      ->type_name("N,N");
  command
      .add_option("--precision", options.precisions, "auto (default), fp32, fp16, int8 or several")
      ->delimiter(',')
      ->type_name("P,P");
}

std::vector<int> batches_of(const MeasuredOptions& options) {
  std::vector<int> batches;
  for (const std::string& text : options.batches) {
    int batch = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), batch);
    if (error != std::errc() || end != text.data() + text.size() || batch < 1 || batch > 1024) {
      throw ConfigError("'" + text + "' is not a batch size", "--batch",
                        "give numbers from 1 to 1024, as in --batch 1,8");
    }
    batches.push_back(batch);
  }
  return batches;
}

std::vector<std::optional<compute::ops::Precision>> precisions_of(const MeasuredOptions& options) {
  constexpr auto& kNames = compute::ops::kPrecisionNames;
  std::vector<std::optional<compute::ops::Precision>> precisions;
  for (const std::string& text : options.precisions) {
    if (text == "auto") {
      precisions.emplace_back();
      continue;
    }
    const auto found = std::find(kNames.begin(), kNames.end(), text);
    if (found == kNames.end()) {
      throw ConfigError("unknown precision '" + text + "'", "--precision",
                        "use auto, fp32, fp16, int8 or several, as in fp32,int8");
    }
    precisions.emplace_back(static_cast<compute::ops::Precision>(found - kNames.begin()));
  }
  return precisions;
}

}  // namespace fovea::pipeline
