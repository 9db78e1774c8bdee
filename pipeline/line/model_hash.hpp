// SPDX-License-Identifier: Apache-2.0
#pragma once
// A model's sha256 without reading all of it at every start: remembered for files that have not
// been touched since, by what the file system says of them. Thread rule: any thread may call.

#include <chrono>
#include <filesystem>
#include <string>

#include "vision/checkpoint/checkpoint.hpp"

namespace fovea::pipeline {

/// Checkpoint::sha256(), or what `memory` holds for weight files of the same device, inode, size
/// and times of change to the nanosecond. Files changed less than two seconds before `now` are
/// read: another change might not show in their times. An empty `memory` remembers nothing.
std::string model_sha256(
    const vision::Checkpoint& checkpoint, const std::filesystem::path& memory,
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

}  // namespace fovea::pipeline
