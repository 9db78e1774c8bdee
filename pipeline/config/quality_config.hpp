// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a picture must be like to be looked at, as plain data. docs/quality.md says what is scored.

#include <array>
#include <chrono>
#include <cstdint>

#include "pipeline/config/place.hpp"

namespace fovea::pipeline {

/// What becomes of a picture with a score below its least.
enum class OnFail : std::uint8_t {
  tag,    // its record says so
  skip,   // it goes no further
  alarm,  // its record says so, and an event tells when that begins and ends
};

/// Least scores; 0 for those that do not matter.
struct QualityConfig {
  double blur_min = 0.3, motion_min = 0.3, banding_min = 0.3, moire_min = 0.3, blocks_min = 0.3,
         noise_min = 0.3, exposure_min = 0.3, obstruction_min = 0.3, frozen_min = 0.3;
  OnFail on_fail = OnFail::tag;
  std::chrono::milliseconds grace{2000};  // of alarms: so long must a stream stay low, or fine
  Place place;

  /// In the order of vision::Flaw.
  std::array<double, 9> least() const {
    return {blur_min,  motion_min,   banding_min,     moire_min, blocks_min,
            noise_min, exposure_min, obstruction_min, frozen_min};
  }
};

}  // namespace fovea::pipeline
