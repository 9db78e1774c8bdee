// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spectral/change_stage.hpp"

#include <utility>

#include "pipeline/spectral/stream_of.hpp"
#include "pipeline/track/stream_time.hpp"

namespace fovea::pipeline {

ChangeStage::ChangeStage(const ChangeConfig& config, Look look)
    : config_(config), look_(std::move(look)) {}

std::optional<Frame> ChangeStage::process(Frame frame) {
  Stream& stream = streams_.of(stream_of(frame), [] { return Stream{}; });
  const double seconds = is_still(frame.tag)
                             ? static_cast<double>(stream.stills++) / kAssumedFramesPerSecond
                             : seconds_of(frame.tag);
  vision::TileSpectra now = look_(frame.image.rgb);
  const double wait_s = std::chrono::duration<double>(config_.at_least_every).count();
  const bool due = wait_s > 0 && seconds - stream.passed_s >= wait_s;
  if (stream.passed && !due && vision::spectral_change(*stream.passed, now) < config_.threshold) {
    return std::nullopt;
  }
  stream.passed = std::move(now);
  stream.passed_s = seconds;
  return frame;
}

}  // namespace fovea::pipeline
