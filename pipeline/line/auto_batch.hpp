// SPDX-License-Identifier: Apache-2.0
#pragma once
// `batch: auto` on a device: measures batch sizes with the model itself, or recalls what an
// earlier run measured.

#include <cstdint>
#include <filesystem>
#include <string>

#include "compute/device.hpp"
#include "vision/inference.hpp"

namespace fovea::pipeline {

struct AutoBatchOptions {
  std::string model_sha256;
  double memory_share = 0.8;   // of the device's memory
  std::filesystem::path file;  // of answers; empty: nothing is remembered
};

/// Sets `inference`'s max_batch to the size that serves best. Returns the sentence for people:
/// which size, and whether it was measured or remembered. Errors other than a batch too large
/// for the device are thrown. Requires: no Pending is alive.
std::string settle_batch(vision::Inference& inference, compute::Device& device,
                         const AutoBatchOptions& options);

}  // namespace fovea::pipeline
