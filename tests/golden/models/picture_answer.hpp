// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a picture's file to what a model answers, the way a user's picture goes.

#include <filesystem>
#include <vector>

#include "compute/device.hpp"
#include "compute/ops/transformer.hpp"
#include "vision/checkpoint/checkpoint.hpp"

namespace fovea::golden {

/// Decoded, resized as the checkpoint's processor says, alone in its batch: the model's output.
std::vector<float> answer(compute::Device& device, const vision::Checkpoint& checkpoint,
                          compute::ops::Precision precision, const std::filesystem::path& picture);

}  // namespace fovea::golden
