// SPDX-License-Identifier: Apache-2.0
// Less is asked for where frames come too late, and all again when there is room: with times that
// the test says, then in a line whose model takes too long.
#include "pipeline/live/degrade.hpp"

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "tests/live/fake_cameras.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;
using testing::ElementsAre;
using testing::HasSubstr;

/// A run of which only frames' ages are known, window after window.
struct Windows {
  Degrade degrade;
  Degrade::Time now{};
  std::uint64_t too_old = 0;

  explicit Windows(const std::vector<std::string>& measures,
                   std::chrono::milliseconds max_age = 100ms)
      : degrade(measures, max_age) {
    degrade.look(now, 0);
  }
  /// One in which `in_time` frames were answered at that age, and `late` dropped for theirs.
  std::string window(int in_time, int late, std::chrono::microseconds age = 10ms) {
    for (int i = 0; i < in_time; ++i) degrade.answered(age);
    too_old += static_cast<std::uint64_t>(late);
    now += Degrade::kWindow;
    return degrade.look(now, too_old).value_or("");
  }
  /// Windows without trouble until something is said; how many.
  int until_restored(int most = 1'000) {
    for (int i = 1; i <= most; ++i) {
      if (!window(10, 0).empty()) return i;
    }
    return 0;
  }
};

TEST(Degrade, TakesItsStepsInTheOrderOfTheMeasures) {
  const auto steps = [](const std::vector<std::string>& measures) {
    std::vector<std::pair<int, double>> all;
    const Degrade degrade(measures, 100ms);
    for (const DegradeStep& step : degrade.steps()) all.emplace_back(step.every, step.size);
    return all;
  };
  using Step = std::pair<int, double>;
  EXPECT_THAT(steps({}), ElementsAre(Step(1, 1)));
  EXPECT_THAT(steps({"fps"}), ElementsAre(Step(1, 1), Step(2, 1), Step(4, 1)));
  EXPECT_THAT(steps({"size", "fps"}),
              ElementsAre(Step(1, 1), Step(1, 0.75), Step(1, 0.5), Step(2, 0.5), Step(4, 0.5)));
}

TEST(Degrade, LowersWhileTooManyAreLateAndSaysSo) {
  Windows run({"fps", "size"});
  EXPECT_EQ(run.window(9, 1), "") << "one in ten";
  EXPECT_EQ(run.window(1, 1), "") << "too few to say";
  EXPECT_EQ(run.window(8, 2), "degrade: frames come too late: one frame in 2 (step 1 of 4)");
  EXPECT_EQ(run.window(0, 10), "") << "of before the change";
  EXPECT_EQ(run.window(10, 0, 101ms),
            "degrade: frames come too late: one frame in 4 (step 2 of 4)");
  run.window(10, 0);
  EXPECT_THAT(run.window(0, 10), HasSubstr("one frame in 4, the detector's input at 75 %"));
  run.window(10, 0);
  EXPECT_THAT(run.window(0, 10), HasSubstr("at 50 % (step 4 of 4)"));
  run.window(10, 0);
  EXPECT_EQ(run.window(0, 10), "") << "there are no more";
  EXPECT_EQ(run.degrade.step().number, 4);
  EXPECT_EQ(run.degrade.status()->lowered, 4u);
}

TEST(Degrade, RestoresStepByStepOnceThereIsRoomForAWhile) {
  Windows run({"fps"});
  run.window(0, 10);
  run.window(0, 10);
  run.window(0, 10);
  ASSERT_EQ(run.degrade.step().number, 2);
  // The window of the change, then the time of patience.
  EXPECT_EQ(run.until_restored(), 1 + Degrade::kPatience / Degrade::kWindow);
  EXPECT_EQ(run.degrade.step().number, 1);
  // In time, but with no room to ask for more: nothing happens, and waiting begins anew.
  for (int i = 0; i < 50; ++i) EXPECT_EQ(run.window(10, 0, 51ms), "");
  EXPECT_EQ(run.window(0, 0), "") << "silence is no room";
  EXPECT_EQ(run.until_restored(), Degrade::kPatience / Degrade::kWindow);
  EXPECT_EQ(run.degrade.step().number, 0);
  EXPECT_EQ(run.until_restored(50), 0) << "all is asked for";
  EXPECT_EQ(run.degrade.status()->restored, 2u);
}

TEST(Degrade, WaitsLongerEachTimeThatItRestoredTooEarly) {
  Windows run({"fps"});
  run.window(0, 10);
  int last = 0;
  for (int i = 0; i < 8; ++i) {
    const int waited = run.until_restored();
    EXPECT_GE(waited, last);
    if (i == 1) {
      EXPECT_EQ(waited, 1 + 2 * Degrade::kPatience / Degrade::kWindow);
    }
    last = waited;
    run.window(0, 10);  // of before
    EXPECT_THAT(run.window(0, 10), HasSubstr("too late"));
  }
  EXPECT_EQ(last, 1 + Degrade::kMostPatience / Degrade::kWindow);
}

TEST(Degrade, WithoutMeasuresNothingHappens) {
  Windows run({});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(run.window(0, 100), "");
  EXPECT_FALSE(run.degrade.status());
}

TEST(FrameQueue, IsThinnedWhereItMayBe) {
  for (const bool may_thin : {true, false}) {
    FrameQueue queue({.policy = Policy::newest, .room = 100, .may_thin = may_thin});
    queue.thin_to(4);
    for (std::uint64_t i = 0; i < 10; ++i) queue.put({numbered_shot(i), i});
    EXPECT_EQ(queue.size(), may_thin ? 3u : 10u);
    EXPECT_EQ(queue.drops()[static_cast<std::size_t>(DropReason::fps)], may_thin ? 7u : 0u);
  }
}

/// Writes down the shares that it was shrunk to; a smaller input takes no time.
class ShrinkingModel : public SlowModel {
 public:
  ShrinkingModel() : SlowModel(1, 20ms) {}
  bool shrink(double share) override {
    std::lock_guard lock(mutex_);
    shares_.push_back(share);
    return true;
  }
  std::vector<double> shares() const {
    std::lock_guard lock(mutex_);
    return shares_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<double> shares_;
};

TEST(LiveDegrade, ALineWhoseFramesAreLateAsksForLess) {
  auto slow = std::make_unique<ShrinkingModel>();
  const ShrinkingModel& model = *slow;
  const Chain chain = chain_of(fake_decode({}), std::move(slow));
  auto camera = camera_source("cam", camera_at(2ms));
  camera.queue.may_thin = true;
  Notices notices;
  LiveOptions options = notices.options();
  options.degrade = {"size", "fps"};
  options.max_age = 1ms;  // no answer is as young
  options.warm_up = true;
  LiveRun run({std::move(camera)}, chain, options);
  ASSERT_TRUE(run.onlooker.wait_until(
      [](const LiveStatus& status) { return status.degraded && status.degraded->step == 1; }));
  const std::uint64_t before = run.onlooker.status().sources[0].answered;
  ASSERT_TRUE(run.onlooker.wait_for(before + 3));
  run.stop();
  const LiveStatus status = *run.result().live;
  EXPECT_EQ(status.degraded->steps, 4);
  EXPECT_GE(status.degraded->lowered, 1u);
  EXPECT_EQ(run.onlooker.frames.front().tag.degraded, 0);
  EXPECT_GE(run.onlooker.frames.back().tag.degraded, 1);
  EXPECT_THAT(notices.lines, testing::Contains(HasSubstr("the detector's input at 75 %")));
  // Asked whether it can, warmed up in each size with the usual one last, then shrunk.
  const std::vector<double> shares = model.shares();
  ASSERT_GE(shares.size(), 5u);
  EXPECT_EQ(std::vector(shares.begin(), shares.begin() + 5),
            (std::vector<double>{1, 0.5, 0.75, 1, 0.75}));
}

TEST(LiveDegrade, AModelOfOneSizeIsNotShrunk) {
  const Chain chain = chain_of(fake_decode({}), std::make_unique<SlowModel>(1, 0us));
  LiveOptions options;
  options.degrade = {"fps", "size"};
  options.max_age = 100ms;
  Recorder sink;
  LiveRun run({file_source("a", 1)}, chain, options, {&sink});
  try {
    run.result();
    ADD_FAILURE();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(),
                testing::AllOf(HasSubstr("the first model's input cannot be made smaller"),
                               HasSubstr("latency.degrade"), HasSubstr("write degrade: [fps]")));
  }
  EXPECT_EQ(sink.finished, 1);
}

}  // namespace
}  // namespace fovea::pipeline
