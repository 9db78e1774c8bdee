// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spectral/stabilise_stage.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "pipeline/spectral/stream_of.hpp"

namespace fovea::pipeline {

StabiliseStage::StabiliseStage(const StabiliseConfig& config, vision::Fourier& fourier)
    : config_(config), fourier_(fourier) {}

std::optional<Frame> StabiliseStage::process(Frame frame) {
  const cv::Mat& rgb = frame.image.rgb;
  if (rgb.cols < 32 || rgb.rows < 32) {
    throw FrameError(
        fmt::format("{} x {} pixels are too few to tell a drift by", rgb.cols, rgb.rows));
  }
  Stream& stream = streams_.of(stream_of(frame), [] { return Stream{}; });
  vision::DriftPicture now = vision::drift_picture(fourier_, rgb);
  bool refer_to_now = true;
  if (stream.reference && stream.reference->grey.size() == now.grey.size()) {
    const auto drift = vision::measure_drift(fourier_, *stream.reference, now, config_.min_peak);
    // Of a picture that shows something else nothing can be told: it begins where the last was.
    if (drift) {
      const cv::Point2d most = vision::largest_drift(now);
      stream.last = stream.of_reference + cv::Point2d(drift->dx, drift->dy);
      refer_to_now = std::abs(drift->dx) > most.x / 2 || std::abs(drift->dy) > most.y / 2;
    }
  } else {
    stream.last = {};
  }
  if (refer_to_now) {
    stream.reference = std::move(now);
    stream.of_reference = stream.last;
  }
  // Where the picture was decoded smaller, its pixels are more than one of the original.
  const double larger = static_cast<double>(frame.width_px) / std::max(1, rgb.cols);
  frame.drift = stream.last * larger;
  return frame;
}

}  // namespace fovea::pipeline
