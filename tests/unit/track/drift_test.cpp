// SPDX-License-Identifier: Apache-2.0
// A tracker behind stabilise follows objects where they would be had the camera stood still.
#include <set>

#include <gtest/gtest.h>

#include "pipeline/track/track_stage.hpp"

namespace fovea::pipeline {
namespace {

/// A frame of a camera that was pushed by `push` pixels to the right and back, every other frame;
/// a thing of 40 pixels stands at (300, 200).
Frame pushed_frame(std::uint64_t number, double push, bool measured) {
  const double dx = number % 2 == 1 ? push : 0;
  Frame frame;
  frame.tag.source = "cam";
  frame.tag.frame = number;
  frame.width_px = 640;
  frame.height_px = 480;
  if (measured) frame.drift = cv::Point2d(dx, 0);
  vision::Object thing;
  thing.name = "thing";
  thing.score = 0.9f;
  const auto x = static_cast<float>(300 + dx);
  thing.box = {x, 200, x + 40, 240};
  frame.objects = {thing};
  return frame;
}

/// The numbers that the thing had in ten frames, and where its last box begins.
std::pair<std::set<std::int64_t>, float> numbers(bool measured) {
  TrackStage stage{TrackConfig{}};
  std::set<std::int64_t> all;
  float last = 0;
  for (std::uint64_t i = 0; i < 10; ++i) {
    const auto frame = stage.process(pushed_frame(i, 60, measured));
    for (const vision::Object& object : frame->objects) {
      if (object.track) all.insert(*object.track);
      last = object.box.x1;
    }
  }
  return {all, last};
}

TEST(TrackStage, KeepsAThingsNumberWhenThePushOfTheCameraIsKnown) {
  const auto [found, x1] = numbers(/*measured=*/true);
  EXPECT_EQ(found.size(), 1u);
  EXPECT_NEAR(x1, 360, 0.5);  // in the frame as it is, not as it would be
  EXPECT_GT(numbers(/*measured=*/false).first.size(), 1u);
}

}  // namespace
}  // namespace fovea::pipeline
