// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a live run is doing, in words.

#include <string>
#include <vector>

#include "pipeline/live/status.hpp"

namespace fovea::pipeline {

/// "3 of 4 sources running", "age 38/61/90 ms", "14 dropped": parts of the line of progress.
std::vector<std::string> live_parts(const LiveStatus& status);

/// The closing words: one line a source, with what was dropped for which reason.
std::string live_summary(const LiveStatus& status);

}  // namespace fovea::pipeline
