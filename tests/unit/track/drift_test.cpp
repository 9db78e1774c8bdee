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

/// What became of the thing in ten frames: its numbers, in how many it had one, and where its last
/// box begins.
struct Followed {
  std::set<std::int64_t> numbers;
  int frames = 0;
  float last = 0;
};

Followed follow(bool measured) {
  TrackStage stage{TrackConfig{}};
  Followed followed;
  for (std::uint64_t i = 0; i < 10; ++i) {
    const auto frame = stage.process(pushed_frame(i, 60, measured));
    for (const vision::Object& object : frame->objects) {
      if (!object.track) continue;
      followed.numbers.insert(*object.track);
      ++followed.frames;
      followed.last = object.box.x1;
    }
  }
  return followed;
}

TEST(TrackStage, KeepsAThingsNumberWhenThePushOfTheCameraIsKnown) {
  const Followed known = follow(/*measured=*/true);
  EXPECT_EQ(known.numbers.size(), 1u);
  EXPECT_EQ(known.frames, 10);
  EXPECT_NEAR(known.last, 360, 0.5);  // in the frame as it is, not as it would be
  EXPECT_LT(follow(/*measured=*/false).frames, 10);
}

}  // namespace
}  // namespace fovea::pipeline
