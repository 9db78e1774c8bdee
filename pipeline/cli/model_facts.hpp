// SPDX-License-Identifier: Apache-2.0
#pragma once
// What can be said of a model without a device.

#include <cstdint>
#include <string>
#include <vector>

#include "compute/ops/transformer.hpp"
#include "pipeline/sinks/json.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/model_name.hpp"

namespace fovea::pipeline {

struct ModelFacts {
  vision::LocalModel local;
  std::string problem;  // why it cannot be opened; the rest is empty then
  std::string family, architecture, weights_file, stored_dtype, license, recipe;
  std::uint64_t parameters = 0, file_bytes = 0;
  int image_w = 0, image_h = 0, patch_w = 0, patch_h = 0;
  int layers = 0, heads = 0, hidden_size = 0, mlp_size = 0, tokens = 0;
  bool global_filters = false;  // in place of attention
  int detection_tokens = 0;     // 0: a classifier
  std::vector<std::string> labels;
  /// Estimated device memory in bytes at batch 1 and 8.
  std::uint64_t fp32_batch1 = 0, fp32_batch8 = 0, fp16_batch1 = 0, fp16_batch8 = 0;
  std::uint64_t int8_batch1 = 0, int8_batch8 = 0;
};

/// Opens the model; a failure becomes `problem`.
ModelFacts model_facts(const vision::LocalModel& local);
/// The same, throwing ModelError instead.
ModelFacts checked_model_facts(const vision::LocalModel& local);

/// Device memory one Inference with two slots needs: weights as stored on the device, the
/// intermediate values alive at once, inputs and outputs. Within a third of what a run takes.
std::uint64_t estimated_bytes(const vision::VitConfig& config, std::uint64_t parameters,
                              compute::ops::Precision precision, int batch);

Json to_json(const ModelFacts& facts);
std::string facts_text(const ModelFacts& facts, bool all_labels);

}  // namespace fovea::pipeline
