// SPDX-License-Identifier: Apache-2.0
#pragma once
// A frame's time within its stream, for everything that watches over time.

#include <chrono>

#include "pipeline/frame.hpp"

namespace fovea::pipeline {

/// Pictures without a time of their own, one after another in one source, count as frames of a
/// video of this rate.
inline constexpr double kAssumedFramesPerSecond = 30;

/// Its place in its source; of what has none the time of capture, else the number of the frame.
inline double seconds_of(const FrameTag& tag) {
  using Seconds = std::chrono::duration<double>;
  if (tag.position) return Seconds(*tag.position).count();
  if (tag.captured) return Seconds(tag.captured->time_since_epoch()).count();
  return static_cast<double>(tag.frame) / kAssumedFramesPerSecond;
}

}  // namespace fovea::pipeline
