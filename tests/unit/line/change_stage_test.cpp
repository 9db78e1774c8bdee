// SPDX-License-Identifier: Apache-2.0
// Which pictures the gate lets pass: a fake looks at the first pixel, so that 0 and 255 differ
// wholly and alike pixels not at all.
#include "pipeline/spectral/change_stage.hpp"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

namespace fovea::pipeline {
namespace {

using std::chrono::milliseconds;

vision::TileSpectra look_at_first_pixel(const cv::Mat& rgb) {
  return {1, 1, cv::Mat(1, 4, CV_32F, cv::Scalar(rgb.at<cv::Vec3b>(0, 0)[0]))};
}

Frame frame_of(const std::string& source, int level, milliseconds at) {
  Frame frame;
  frame.tag.source = source;
  frame.tag.position = at;
  frame.image.rgb = cv::Mat(2, 2, CV_8UC3, cv::Scalar::all(level));
  return frame;
}

/// 1 for each that passes.
std::vector<int> passes(const ChangeConfig& config, const std::vector<Frame>& frames) {
  ChangeStage stage(config, look_at_first_pixel);
  std::vector<int> passed;
  for (const Frame& frame : frames) passed.push_back(stage.process(frame).has_value());
  return passed;
}

TEST(ChangeStage, ComparesWithTheLastThatPassed) {
  const ChangeConfig config{.threshold = 0.5, .at_least_every = milliseconds(0)};
  std::vector<Frame> frames;
  for (const int level : {10, 10, 200, 200, 190, 10}) {
    frames.push_back(frame_of("a", level, milliseconds(frames.size() * 40)));
  }
  EXPECT_EQ(passes(config, frames), (std::vector{1, 0, 1, 0, 0, 1}));
}

/// Each step is too little to count; against the last that passed, they add up.
TEST(ChangeStage, SlowChangesAddUp) {
  const ChangeConfig config{.threshold = 0.5, .at_least_every = milliseconds(0)};
  std::vector<Frame> frames;
  for (const int level : {100, 80, 60, 45, 30}) {
    frames.push_back(frame_of("a", level, milliseconds(frames.size() * 40)));
  }
  EXPECT_EQ(passes(config, frames), (std::vector{1, 0, 0, 1, 0}));
}

TEST(ChangeStage, OnePassesAtLeastEvery) {
  const ChangeConfig config{.threshold = 0.5, .at_least_every = milliseconds(100)};
  std::vector<Frame> frames;
  for (int i = 0; i < 8; ++i) frames.push_back(frame_of("a", 50, milliseconds(i * 40)));
  EXPECT_EQ(passes(config, frames), (std::vector{1, 0, 0, 1, 0, 0, 1, 0}));
}

TEST(ChangeStage, KeepsSourcesApart) {
  const ChangeConfig config{.threshold = 0.5, .at_least_every = milliseconds(0)};
  EXPECT_EQ(passes(config, {frame_of("a", 10, {}), frame_of("b", 200, {}), frame_of("a", 10, {}),
                            frame_of("b", 200, {})}),
            (std::vector{1, 1, 0, 0}));
}

/// Pictures that a camera left in a folder belong together, each a source of its own though it is.
TEST(ChangeStage, StillPicturesBelongToTheirFolder) {
  std::vector<Frame> frames;
  for (int i = 0; i < 3; ++i) {
    Frame frame = frame_of("shots/" + std::to_string(i) + ".jpg", 10, {});
    frame.tag.position.reset();
    frame.path = frame.tag.source;
    frames.push_back(frame);
  }
  frames.push_back(frames.back());
  frames.back().path = "other/3.jpg";
  EXPECT_EQ(passes({}, frames), (std::vector{1, 0, 0, 1}));
}

}  // namespace
}  // namespace fovea::pipeline
