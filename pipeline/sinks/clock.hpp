// SPDX-License-Identifier: Apache-2.0
#pragma once
// The time as results write it.

#include <chrono>
#include <string>

namespace fovea::pipeline {

/// Now, ISO 8601 in UTC to the second: "2026-03-01T12:34:56Z".
std::string utc_now();
/// `time` likewise, to the millisecond: "2026-03-01T12:34:56.789Z".
std::string utc_time(std::chrono::system_clock::time_point time);

}  // namespace fovea::pipeline
