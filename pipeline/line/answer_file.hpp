// SPDX-License-Identifier: Apache-2.0
#pragma once
// What was found out once, by key, in a file kept between runs. A file that is damaged, or that
// cannot be written, costs the next run its finding out and no more.

#include <filesystem>
#include <optional>
#include <string>

#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {

/// What `file` holds under `key`; nothing when it is absent, damaged or of another format, and
/// where `file` is empty. Whether the answer makes sense, the caller asks.
std::optional<Json> recall_answer(const std::filesystem::path& file, const std::string& key);
/// Replaces the file, whole or not at all; of many answers the oldest are forgotten. False when
/// it could not be written.
bool remember_answer(const std::filesystem::path& file, const std::string& key, Json answer);

}  // namespace fovea::pipeline
