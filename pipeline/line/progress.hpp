// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far a run is.

#include <cstdint>
#include <optional>
#include <string>

#include "pipeline/live/status.hpp"

namespace fovea::pipeline {

/// Handed to on_progress from one thread, some times a second and once at the end.
struct Progress {
  std::uint64_t done = 0, failed = 0, filtered = 0;
  std::uint64_t total = 0;  // 0 while unknown (standard input, or still counting)
  double elapsed_s = 0, images_per_s = 0;
  std::string bottleneck;          // "source", "decode", "compute", "sinks": the busiest place
  std::optional<LiveStatus> live;  // of a run on cameras
};

}  // namespace fovea::pipeline
