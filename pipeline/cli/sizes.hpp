// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sizes as people read them.

#include <cstdint>
#include <string>

namespace fovea::pipeline {

/// "512 B", "1.5 MiB".
std::string bytes_text(std::uint64_t bytes);
/// "5.7 M", "86.6 M", "812".
std::string count_text(std::uint64_t count);

}  // namespace fovea::pipeline
