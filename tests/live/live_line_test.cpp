// SPDX-License-Identifier: Apache-2.0
// What the live line promises of frames, with cameras and a model of the tests' own.

#include <map>

#include <gmock/gmock.h>

#include "pipeline/line/filter_stage.hpp"
#include "tests/live/fake_cameras.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;
using testing::Each;
using testing::ElementsAre;

Chain slow_chain(int batch, std::chrono::microseconds inference, Faults faults = {}) {
  return chain_of(fake_decode(std::move(faults)), std::make_unique<SlowModel>(batch, inference));
}

/// Frame numbers by source, in the order seen.
std::map<std::string, std::vector<std::uint64_t>> by_source(const std::vector<Frame>& frames) {
  std::map<std::string, std::vector<std::uint64_t>> order;
  for (const Frame& frame : frames) order[frame.tag.source].push_back(frame.tag.frame);
  return order;
}

TEST(LiveLine, FilesArriveWholeAndInOrderWhateverTheBatches) {
  for (const int batch : {1, 3, 8}) {
    const Chain chain =
        chain_of(fake_decode({}),
                 std::make_unique<AddingModel>(
                     ModelOptions{.batch = batch, .max_delay_us = 200, .sizes = 2}, Faults{}));
    LiveRun run({file_source("a", 60), file_source("b", 40), file_source("c", 1)}, chain,
                {.batching = {8, 1ms}, .decode_threads = 3});
    const RunSummary summary = run.result();
    EXPECT_EQ(summary.done, 101u);
    EXPECT_FALSE(summary.interrupted);
    auto order = by_source(run.onlooker.frames);
    ASSERT_EQ(order["a"].size(), 60u);
    ASSERT_EQ(order["b"].size(), 40u);
    for (const auto& [name, frames] : order) {
      EXPECT_TRUE(std::ranges::is_sorted(frames)) << name;
    }
    for (std::size_t i = 0; i < run.onlooker.frames.size(); ++i) {
      const Frame& frame = run.onlooker.frames[i];
      EXPECT_EQ(frame.tag.index, i);
      // The answer is this frame's and no other's.
      const auto number = static_cast<double>(frame.tag.frame);
      EXPECT_DOUBLE_EQ(static_cast<double>(frame.labels.at(0).score), number * 11 + 0.5);
    }
    EXPECT_THAT(run.onlooker.calls, ElementsAre("begin", "end"));
  }
}

TEST(LiveLine, EveryFrameIsAccountedFor) {
  const Chain chain = slow_chain(4, 3ms, {.undecodable = {1, 5, 9}});
  LiveRun run({camera_source("fast", camera_at(500us)), camera_source("slow", camera_at(5ms)),
               file_source("file", 30)},
              chain);
  ASSERT_TRUE(run.onlooker.wait_until([](const LiveStatus& status) {
    return status.sources[2].answered + status.sources[2].failed == 30 &&
           status.sources[1].answered > 0 && dropped(status.sources[0], DropReason::queue) > 0;
  }));
  run.stop();
  const RunSummary summary = run.result();
  EXPECT_TRUE(summary.interrupted);
  for (const SourceStatus& source : summary.live->sources) {
    EXPECT_EQ(unexplained(source), 0) << source.name;
    EXPECT_EQ(source.state, SourceState::ended);
  }
  // A camera's damaged frame is counted; a file's is a result.
  EXPECT_EQ(dropped(summary.live->sources[2], DropReason::decode), 0u);
  EXPECT_EQ(summary.live->sources[2].failed, 3u);
  EXPECT_EQ(summary.live->sources[2].answered, 27u);
}

TEST(LiveLine, ACamerasDamagedFrameIsCountedWithItsReason) {
  const Chain chain = slow_chain(1, 0us, {.undecodable = {3}});
  auto camera = camera_source("cam", file_of(10));
  camera.watch.finite = true;
  camera.queue = {Policy::all, 1, {}, 0};
  LiveRun run({std::move(camera)}, chain);
  const RunSummary summary = run.result();
  EXPECT_EQ(summary.failed, 0u);
  EXPECT_EQ(summary.live->sources[0].answered, 9u);
  EXPECT_EQ(dropped(summary.live->sources[0], DropReason::decode), 1u);
  EXPECT_EQ(summary.live->sources[0].reason, "not a picture");
}

TEST(LiveLine, FilteredFramesAreCountedAsSuch) {
  std::vector<std::unique_ptr<Stage>> later;
  later.push_back(std::make_unique<DropEvery>(2));
  const Chain chain =
      chain_of(fake_decode({}), std::make_unique<AddingModel>(ModelOptions{.batch = 4}, Faults{}),
               std::move(later));
  LiveRun run({file_source("a", 11)}, chain);
  const RunSummary summary = run.result();
  const SourceStatus& source = summary.live->sources[0];
  EXPECT_EQ(source.filtered, 6u);  // 0, 2 ... 10
  EXPECT_EQ(source.failed, 1u);    // 5: "odd one out"
  EXPECT_EQ(source.answered, 4u);
  EXPECT_EQ(unexplained(source), 0);
  EXPECT_EQ(summary.filtered, 6u);
}

TEST(LiveLine, AStageBeforeTheModelLetsFramesGoAndTheModelTakesTheNext) {
  auto model = std::make_unique<SlowModel>(4, 100us);
  const SlowModel& seen = *model;
  const Chain chain = chain_of(fake_decode({}), std::move(model), {}, {4});
  LiveRun run({file_source("a", 10)}, chain, {.batching = {1, 0ms}, .detect_every = 3});
  const RunSummary summary = run.result();
  EXPECT_EQ(summary.filtered_by.at("gate"), 2u);  // 3, 7
  EXPECT_EQ(summary.live->sources[0].filtered, 2u);
  EXPECT_EQ(unexplained(summary.live->sources[0]), 0);
  EXPECT_EQ(summary.done, 8u);
  std::vector<std::uint64_t> detected;
  for (const Frame& frame : run.onlooker.frames) {
    if (frame.tag.detect) detected.push_back(frame.tag.frame);
  }
  EXPECT_THAT(detected, ElementsAre(0, 4, 8));
  EXPECT_EQ(seen.pictures_seen, 3);
}

TEST(LiveLine, TheModelSeesEveryNthFrameAndTheStagesSeeAll) {
  auto model = std::make_unique<SlowModel>(4, 100us);
  const SlowModel& seen = *model;
  const Chain chain = chain_of(fake_decode({}), std::move(model));
  LiveRun run({file_source("a", 10), file_source("b", 7)}, chain, {.detect_every = 3});
  EXPECT_EQ(run.result().done, 17u);
  EXPECT_EQ(seen.pictures_seen, 4 + 3);
  for (const Frame& frame : run.onlooker.frames) {
    EXPECT_EQ(frame.tag.detect, frame.tag.frame % 3 == 0) << frame.tag.source << frame.tag.frame;
    EXPECT_EQ(frame.labels.empty(), !frame.tag.detect);
  }
  for (const auto& [name, frames] : by_source(run.onlooker.frames)) {
    EXPECT_TRUE(std::ranges::is_sorted(frames)) << name;
  }
}

TEST(LiveLine, ADetectorsTurnThatIsLostIsMadeUpForAtOnce) {
  const Chain chain = slow_chain(1, 0us, {.undecodable = {3}});
  auto camera = camera_source("cam", file_of(8));
  camera.watch.finite = true;
  camera.queue = {Policy::all, 1, {}, 0};
  LiveRun run({std::move(camera)}, chain, {.batching = {1, 0ms}, .detect_every = 3});
  run.result();
  std::vector<std::uint64_t> detected;
  for (const Frame& frame : run.onlooker.frames) {
    if (frame.tag.detect) detected.push_back(frame.tag.frame);
  }
  EXPECT_THAT(detected, ElementsAre(0, 4, 7));
}

TEST(LiveLine, FramesOfNowCarryTheirTimesAndPicturesOfAFileDoNot) {
  const Chain chain = slow_chain(2, 1ms);
  auto camera = camera_source("cam", file_of(5));
  camera.watch.finite = true;
  camera.queue = {Policy::all, 1, {}, 0};
  LiveRun run({std::move(camera), file_source("file", 5)}, chain);
  run.result();
  for (const Frame& frame : run.onlooker.frames) {
    const bool of_now = frame.tag.source == "cam";
    EXPECT_EQ(frame.tag.captured.has_value(), of_now);
    EXPECT_EQ(frame.tag.position.has_value(), of_now);
    ASSERT_EQ(frame.answered.has_value(), of_now);
    if (of_now) {
      EXPECT_GE(frame.answered->age, 1ms);  // the model takes as much
    }
  }
}

/// A camera that writes down when it took each of its frames.
struct Diary {
  std::mutex mutex;
  std::vector<std::chrono::steady_clock::time_point> taken;

  Script every(std::chrono::microseconds pause) {
    return [this, pause](int attempt, std::uint64_t at, const Cancel& cancel) {
      auto shot = camera_at(pause)(attempt, at, cancel);
      if (shot) {
        std::lock_guard lock(mutex);
        taken.push_back(shot->captured);
      }
      return shot;
    };
  }
};

// The device is held with one frame for longer than the limit, while a queue of 20 fills. Whoever
// was taken before that by more than the limit must not be answered, however busy the machine is.
TEST(LiveLine, NoFrameBeyondTheLimitGoesToTheDevice) {
  constexpr auto kMaxAge = 100ms;
  auto held = std::make_unique<HeldModel>();
  HeldModel& model = *held;
  const Chain chain = chain_of(fake_decode({}), std::move(held));
  Diary diary;
  auto camera = camera_source("cam", diary.every(2ms));
  camera.queue = {Policy::all, 20, kMaxAge, 0};
  LiveRun run({std::move(camera)}, chain, {.batching = {1, 0ms}});
  ASSERT_TRUE(run.onlooker.wait_until([&](const LiveStatus& status) {
    return model.holding() && status.sources[0].captured >= 20;
  }));
  std::this_thread::sleep_for(2 * kMaxAge);
  const auto released = std::chrono::steady_clock::now();
  model.release();
  ASSERT_TRUE(run.onlooker.wait_for(20));
  run.stop();
  EXPECT_GT(dropped(run.result().live->sources[0], DropReason::age), 15u);
  const auto& frames = run.onlooker.frames;
  EXPECT_EQ(frames[0].tag.frame, 0u) << "the one that the device was held with";
  for (std::size_t i = 1; i < frames.size(); ++i) {
    EXPECT_GE(diary.taken.at(frames[i].tag.frame), released - kMaxAge) << frames[i].tag.frame;
  }
}

TEST(LiveLine, ALostDeviceEndsTheRunAndIsSaid) {
  const Chain chain = chain_of(
      fake_decode({}),
      std::make_unique<AddingModel>(ModelOptions{.batch = 1, .fatal_flight = 5}, Faults{}));
  LiveRun run({camera_source("cam", camera_at(100us))}, chain);
  EXPECT_THROW(run.result(), GpuError);
  EXPECT_TRUE(run.onlooker.status().device_lost);
  EXPECT_THAT(run.onlooker.calls, ElementsAre("begin", "end"));
}

TEST(LiveLine, ABrokenSinkEndsTheRun) {
  const Chain chain = slow_chain(1, 0us);
  Recorder sink;
  sink.fatal_at = 3;
  LiveRun run({camera_source("cam", camera_at(100us))}, chain, {}, {&sink});
  EXPECT_THROW(run.result(), Error);
  EXPECT_EQ(sink.finished, 1);
}

TEST(LiveLine, AnObserverThatCannotBeginMeansNoRun) {
  struct Broken : Onlooker {
    void begin(std::function<LiveStatus()>) override { throw Error("port in use", "test", "none"); }
  } broken;
  const Chain chain = slow_chain(1, 0us);
  Recorder sink;
  Onlooker first;
  LiveOptions options;
  options.observers = {&first, &broken};
  std::vector<Sink*> sinks{&sink};
  EXPECT_THROW(run_live({file_source("a", 3)}, chain, sinks, options), Error);
  EXPECT_THAT(first.calls, ElementsAre("begin", "end"));
  EXPECT_TRUE(sink.lines.empty());
}

TEST(LiveLine, NoticesNameTheModeAndTheTrouble) {
  const Chain chain = slow_chain(1, 0us);
  Notices notices;
  auto camera = camera_source("gate", [](int attempt, std::uint64_t at, const Cancel& cancel) {
    if (attempt == 0 && at == 2) throw CameraError("the connection broke off");
    return camera_at(100us)(attempt, at, cancel);
  });
  LiveRun run({std::move(camera)}, chain, notices.options());
  ASSERT_TRUE(run.onlooker.wait_until([](const LiveStatus& status) {
    return status.sources[0].reconnects == 1 && status.sources[0].state == SourceState::running;
  }));
  run.stop();
  EXPECT_THAT(notices.lines,
              ElementsAre("gate: scripted", "gate: backoff: the connection broke off",
                          "gate: running again"));
}

}  // namespace
}  // namespace fovea::pipeline
