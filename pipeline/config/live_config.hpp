// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a run on cameras keeps up, as plain data.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/config/place.hpp"

namespace fovea::pipeline {

enum class Policy : std::uint8_t {
  newest,  // a new frame takes the place of the oldest where there is no room
  all,     // a new frame waits until there is room
};

struct LatencyConfig {
  Policy policy = Policy::newest;
  int queue = 1;                         // frames kept ready for each source
  std::chrono::milliseconds max_age{0};  // 0: any age may go to the device
  double max_fps = 0;                    // of one source; 0: as many as come
  /// What is asked for less of where frames come too late: "fps", "size", in that order.
  std::vector<std::string> degrade;
  Place place;
};

struct BatchingConfig {
  int max = 8;                            // frames in one submission; no more than `batch`
  std::chrono::milliseconds max_wait{0};  // for other sources' frames, once there is one
  Place place;
};

}  // namespace fovea::pipeline
