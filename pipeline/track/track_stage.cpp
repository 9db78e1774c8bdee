// SPDX-License-Identifier: Apache-2.0
#include "pipeline/track/track_stage.hpp"

#include <algorithm>

#include "pipeline/track/stream_time.hpp"

namespace fovea::pipeline {
namespace {

/// Predicted boxes may run out of the picture, in part or wholly.
void keep_within(std::vector<vision::Object>& objects, int width_px, int height_px) {
  const auto w = static_cast<float>(width_px), h = static_cast<float>(height_px);
  for (vision::Object& object : objects) {
    vision::Box& box = object.box;
    box = {std::clamp(box.x1, 0.0f, w), std::clamp(box.y1, 0.0f, h), std::clamp(box.x2, 0.0f, w),
           std::clamp(box.y2, 0.0f, h)};
  }
  std::erase_if(objects, [](const vision::Object& object) { return object.box.area() <= 0; });
}

void shift(std::vector<vision::Object>& objects, const cv::Point2d& by) {
  const auto x = static_cast<float>(by.x), y = static_cast<float>(by.y);
  for (vision::Object& object : objects) {
    vision::Box& box = object.box;
    box = {box.x1 + x, box.y1 + y, box.x2 + x, box.y2 + y};
  }
}

}  // namespace

TrackStage::TrackStage(const TrackConfig& config)
    : options_{config.high_score, config.low_score, config.new_score,
               std::chrono::duration<double>(config.lost).count()} {}

std::optional<Frame> TrackStage::process(Frame frame) {
  Stream& stream = streams_.of(frame.tag.source, [&] {
    return Stream{vision::ByteTracker(options_), 0, 0};
  });
  if (stream.width_px != frame.width_px || stream.height_px != frame.height_px) {
    stream.tracker.clear();  // its boxes are in pixels of another picture
    stream.width_px = frame.width_px;
    stream.height_px = frame.height_px;
  }
  const double seconds = seconds_of(frame.tag);
  // The tracker works where the scene lay in the first picture; what it gives is moved back.
  const cv::Point2d drift = frame.drift.value_or(cv::Point2d());
  if (frame.tag.detect) {
    shift(frame.objects, -drift);
    frame.objects = stream.tracker.update(seconds, frame.objects, next_id_);
    shift(frame.objects, drift);
  } else {
    frame.objects = stream.tracker.predict(seconds);
    shift(frame.objects, drift);
    keep_within(frame.objects, frame.width_px, frame.height_px);
  }
  return frame;
}

}  // namespace fovea::pipeline
