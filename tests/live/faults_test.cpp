// SPDX-License-Identifier: Apache-2.0
// Cameras that die, hang, stall and freeze: what it costs themselves, and that it costs the
// others nothing.

#include <gmock/gmock.h>

#include "tests/live/fake_cameras.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;

Chain quick_chain(int batch = 4) {
  return chain_of(fake_decode({}), std::make_unique<SlowModel>(batch, 50us));
}

/// Three sources of which not a frame may be lost, and the troublesome one in front.
std::vector<LiveSource> with_three_files(LiveSource troublesome, std::uint64_t frames) {
  std::vector<LiveSource> sources;
  sources.push_back(std::move(troublesome));
  for (const char* name : {"b", "c", "d"}) sources.push_back(file_source(name, frames));
  return sources;
}

void expect_all_answered(const LiveStatus& status, std::uint64_t frames) {
  for (std::size_t i = 1; i < status.sources.size(); ++i) {
    EXPECT_EQ(status.sources[i].captured, frames) << status.sources[i].name;
    EXPECT_EQ(status.sources[i].answered, frames) << status.sources[i].name;
  }
}

bool files_are_done(const LiveStatus& status, std::uint64_t frames) {
  return std::all_of(status.sources.begin() + 1, status.sources.end(),
                     [&](const SourceStatus& source) { return source.answered == frames; });
}

TEST(Faults, OneOfFourThatDiesAgainAndAgainCostsTheOthersNothing) {
  auto dying = camera_source("a", [](int, std::uint64_t at, const Cancel&) {
    if (at == 3) throw CameraError("the connection broke off");
    return std::optional(numbered_shot(at));
  });
  const Chain chain = quick_chain();
  LiveRun run(with_three_files(std::move(dying), 400), chain);
  ASSERT_TRUE(run.onlooker.wait_until([](const LiveStatus& status) {
    return files_are_done(status, 400) && status.sources[0].reconnects >= 20;
  }));
  run.stop();
  const LiveStatus status = *run.result().live;
  expect_all_answered(status, 400);
  EXPECT_EQ(unexplained(status.sources[0]), 0);
  EXPECT_EQ(status.sources[0].reason, "the connection broke off");
}

TEST(Faults, ACameraThatNeverOpensCostsTheOthersNothing) {
  auto absent = camera_source("a", {});
  absent.open = [](const Cancel&) -> std::unique_ptr<Camera> {
    throw CameraError("nothing answers at its address");
  };
  const Chain chain = quick_chain();
  LiveRun run(with_three_files(std::move(absent), 100), chain);
  ASSERT_TRUE(run.onlooker.wait_until(
      [](const LiveStatus& status) { return files_are_done(status, 100); }));
  EXPECT_EQ(run.onlooker.status().sources[0].captured, 0u);
  run.stop();
  const LiveStatus status = *run.result().live;
  expect_all_answered(status, 100);
  EXPECT_EQ(status.sources[0].reason, "nothing answers at its address");
  EXPECT_EQ(status.sources[0].reconnects, 0u);
}

/// A back-end that hears nothing of being cancelled, until the test lets it go.
class Deaf {
 public:
  ~Deaf() { release(); }
  void hang() {
    std::unique_lock lock(mutex_);
    ++hanging_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return released_; });
    --hanging_;
  }
  void release() {
    std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  int hanging() {
    std::lock_guard lock(mutex_);
    return hanging_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
  int hanging_ = 0;
};

TEST(Faults, ABackEndThatNeverComesBackDoesNotHoldUpTheEnd) {
  const auto deaf = std::make_shared<Deaf>();
  auto hanging = camera_source("a", [deaf](int, std::uint64_t at, const Cancel&) {
    if (at > 0) deaf->hang();
    return std::optional(numbered_shot(at));
  });
  const Chain chain = quick_chain();
  LiveRun run(with_three_files(std::move(hanging), 50), chain);
  ASSERT_TRUE(run.onlooker.wait_until([&](const LiveStatus& status) {
    return deaf->hanging() == 1 && files_are_done(status, 50);
  }));
  const auto begun = std::chrono::steady_clock::now();
  run.stop();
  // Two seconds are promised. The camera was waited for: not less than it was given.
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(took, Supervisor::kPatience);
  EXPECT_LT(took, kLimit / 4) << "only a hang takes so long, on any machine";
  expect_all_answered(*run.result().live, 50);
  deaf->release();
}

TEST(Faults, BackEndsThatHangAreNotPiledUp) {
  const auto deaf = std::make_shared<Deaf>();
  auto hanging = camera_source("a", {});
  hanging.watch.open_timeout = 2ms;
  hanging.open = [deaf](const Cancel&) -> std::unique_ptr<Camera> {
    deaf->hang();
    throw CameraError("came back in the end");
  };
  const Chain chain = quick_chain();
  LiveRun run({std::move(hanging)}, chain);
  ASSERT_TRUE(run.onlooker.wait_until([&](const LiveStatus& status) {
    return deaf->hanging() == static_cast<int>(Supervisor::kMaxAttempts) &&
           status.sources[0].reason.find("has not come back") != std::string::npos;
  }));
  deaf->release();
  ASSERT_TRUE(run.onlooker.wait_until([&](const LiveStatus& status) {
    return status.sources[0].reason == "came back in the end";
  })) << "a source whose driver came back must be tried again";
  run.stop();
}

TEST(Faults, SilenceIsAStallAndThenANewAttempt) {
  auto silent = camera_source("a", [](int attempt, std::uint64_t at, const Cancel& cancel) {
    // The first attempt gives one picture and falls silent without an end.
    while (attempt == 0 && at > 0 && !cancel.load()) std::this_thread::sleep_for(1ms);
    return camera_at(1ms)(attempt, at, cancel);
  });
  silent.watch.stall_timeout = 40ms;
  const Chain chain = quick_chain();
  Notices notices;
  LiveRun run({std::move(silent)}, chain, notices.options());
  ASSERT_TRUE(run.onlooker.wait_until([](const LiveStatus& status) {
    return status.sources[0].state == SourceState::running && status.sources[0].reconnects >= 1;
  }));
  run.stop();
  EXPECT_THAT(notices.lines, testing::Contains("a: stalled: no picture for 40 ms"));
  EXPECT_THAT(notices.lines, testing::Contains("a: running again"));
}

TEST(Faults, AFrozenPictureIsAStall) {
  auto frozen = camera_source("a", [](int, std::uint64_t, const Cancel& cancel) {
    return camera_at(1ms)(0, 7, cancel);  // picture 7, whatever happens
  });
  frozen.watch.frozen_timeout = 40ms;
  const Chain chain = quick_chain();
  LiveRun run({std::move(frozen)}, chain);
  ASSERT_TRUE(run.onlooker.wait_until(
      [](const LiveStatus& status) { return status.sources[0].state == SourceState::stalled; }));
  EXPECT_EQ(run.onlooker.status().sources[0].reason, "the same picture for 40 ms");
  run.stop();
}

TEST(Faults, AVideoThatCannotBeOpenedIsAFailureInTheResults) {
  auto broken = file_source("broken.mp4", 0);
  broken.file = "broken.mp4";
  broken.open = [](const Cancel&) -> std::unique_ptr<Camera> {
    throw CameraError("Invalid data found when processing input");
  };
  const Chain chain = quick_chain();
  Recorder sink;
  LiveRun run({std::move(broken)}, chain, {}, {&sink});
  const RunSummary summary = run.result();
  EXPECT_EQ(summary.failed, 1u);
  EXPECT_THAT(sink.lines, testing::ElementsAre("0 broken.mp4 failed in source: Invalid data found "
                                               "when processing input (0 bytes)"));
  EXPECT_EQ(summary.live->sources[0].state, SourceState::ended);
  EXPECT_EQ(unexplained(summary.live->sources[0]), 0);
}

}  // namespace
}  // namespace fovea::pipeline
