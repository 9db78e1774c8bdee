// SPDX-License-Identifier: Apache-2.0
// Ctrl-C in a live run waits for the batch that is on the device and for no other.

#include <gmock/gmock.h>

#include "tests/live/fake_cameras.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;

/// Whether every source was told.
bool all_ended(const LiveStatus& status) {
  return std::ranges::all_of(status.sources, [](const SourceStatus& source) {
    return source.state == SourceState::ended;
  });
}

TEST(LiveStop, FramesThatWaitForTheDeviceAreDropped) {
  auto held = std::make_unique<HeldModel>();
  HeldModel& model = *held;
  const Chain chain = chain_of(fake_decode({}), std::move(held));
  auto camera = camera_source("cam", camera_at(500us));
  camera.queue = {Policy::all, 3, {}, 0};
  LiveRun run({std::move(camera)}, chain, {.batching = {1, 0ms}});
  // One on the device, three ready, one taken or about to be, one in the camera's hand.
  ASSERT_TRUE(run.onlooker.wait_until([&](const LiveStatus& status) {
    return model.holding() && status.sources[0].captured >= 5;
  }));
  run.interrupt();
  ASSERT_TRUE(run.onlooker.wait_until(all_ended));
  model.release();
  const SourceStatus source = run.result().live->sources[0];
  EXPECT_EQ(source.answered, 1u);
  EXPECT_EQ(model.pictures_seen, 1);
  EXPECT_GE(dropped(source, DropReason::stop), 4u);
  EXPECT_EQ(unexplained(source), 0);
}

TEST(LiveStop, BatchesOfOtherSizesDoNotFollowTheOneOnTheDevice) {
  auto held = std::make_unique<HeldModel>(4, 2);
  HeldModel& model = *held;
  const Chain chain = chain_of(fake_decode({}), std::move(held));
  // Ends when it is told to and not before.
  auto silent = camera_source("silent", [](int, std::uint64_t, const Cancel& cancel) {
    while (!cancel.load()) std::this_thread::sleep_for(1ms);
    return std::optional<Shot>();
  });
  // All four of one departure: two of either size, in turn.
  LiveRun run({file_source("a", 4), std::move(silent)}, chain, {.batching = {4, 60'000ms}});
  ASSERT_TRUE(run.onlooker.wait_until([&](const LiveStatus&) { return model.holding(); }));
  run.interrupt();
  ASSERT_TRUE(run.onlooker.wait_until(all_ended));
  model.release();
  const RunSummary summary = run.result();
  EXPECT_TRUE(summary.interrupted);
  EXPECT_EQ(model.pictures_seen, 2);
  EXPECT_EQ(summary.done, 2u);
  EXPECT_EQ(dropped(summary.live->sources[0], DropReason::stop), 2u);
  EXPECT_EQ(unexplained(summary.live->sources[0]), 0);
  std::vector<std::uint64_t> answered;
  for (const Frame& frame : run.onlooker.frames) answered.push_back(frame.tag.frame);
  EXPECT_THAT(answered, testing::ElementsAre(0, 2));
}

}  // namespace
}  // namespace fovea::pipeline
