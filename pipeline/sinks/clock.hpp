// SPDX-License-Identifier: Apache-2.0
#pragma once
// The time as results write it.

#include <string>

namespace fovea::pipeline {

/// Now, ISO 8601 in UTC to the second: "2026-03-01T12:34:56Z".
std::string utc_now();

}  // namespace fovea::pipeline
