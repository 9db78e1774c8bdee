// SPDX-License-Identifier: Apache-2.0
// Models make their first batches before a source is opened.

#include "pipeline/live/warm_up.hpp"

#include <gmock/gmock.h>

#include "pipeline/line/crops_stage.hpp"
#include "tests/live/fake_cameras.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;
using testing::ElementsAre;

/// A source that tells whether it was ever opened.
struct Watched {
  std::atomic<bool> opened{false};

  LiveSource source() {
    LiveSource watched = camera_source("cam", camera_at(100us));
    watched.open = [this, open = std::move(watched.open)](const Cancel& cancel) {
      opened = true;
      return open(cancel);
    };
    return watched;
  }
};

bool wait_for(const std::function<bool()>& wanted) {
  const auto limit = std::chrono::steady_clock::now() + kLimit;
  while (!wanted() && std::chrono::steady_clock::now() < limit) std::this_thread::sleep_for(1ms);
  return wanted();
}

struct FindingModel : AddingModel {
  using AddingModel::AddingModel;
  std::vector<Data> gives() const override { return {Data::labels, Data::objects}; }
};

TEST(WarmUp, EveryModelRunsEachBatchThatItHasAProgramFor) {
  auto first = std::make_unique<FindingModel>(ModelOptions{.batch = 8}, Faults{});
  auto second = std::make_unique<AddingModel>(ModelOptions{.batch = 2}, Faults{});
  auto of_crops = std::make_unique<AddingModel>(ModelOptions{.batch = 3}, Faults{});
  const AddingModel &one = *first, &two = *second, &crops = *of_crops;
  std::vector<std::unique_ptr<Stage>> later;
  later.push_back(std::make_unique<DropEvery>(2));
  later.push_back(std::move(second));
  later.push_back(std::make_unique<CropsStage>(std::move(of_crops), std::vector<std::string>{}));
  const Chain chain = chain_of(fake_decode({}), std::move(first), std::move(later));
  EXPECT_TRUE(warm_up(chain, 5, nullptr));
  EXPECT_THAT(one.sizes, ElementsAre(1, 2, 4, 5));
  EXPECT_THAT(two.sizes, ElementsAre(1, 2));
  EXPECT_THAT(crops.sizes, ElementsAre(1, 2, 3)) << "a picture has as many objects as it likes";
  EXPECT_EQ(one.in_air + two.in_air + crops.in_air, 0);
}

TEST(WarmUp, SourcesAreOpenedOnceItIsOver) {
  auto held = std::make_unique<HeldModel>();
  HeldModel& model = *held;
  const Chain chain = chain_of(fake_decode({}), std::move(held));
  Watched watched;
  Notices notices;
  LiveOptions options = notices.options();
  options.warm_up = true;
  LiveRun run({watched.source()}, chain, options);
  ASSERT_TRUE(wait_for([&] { return model.holding(); }));
  // The page is open by then, and says so.
  EXPECT_EQ(run.onlooker.status().sources.at(0).state, SourceState::connecting);
  EXPECT_FALSE(watched.opened);
  model.release();
  EXPECT_TRUE(run.onlooker.wait_for(3));
  EXPECT_TRUE(watched.opened);
  run.stop();
  EXPECT_THAT(notices.lines,
              ElementsAre("warming up: sources are opened once the model's kernels are compiled",
                          "cam: scripted"));
  EXPECT_EQ(unexplained(run.result().live->sources[0]), 0);
}

TEST(WarmUp, NoBatchIsLargerThanSourcesCanFill) {
  auto model = std::make_unique<AddingModel>(ModelOptions{.batch = 8}, Faults{});
  const AddingModel& seen = *model;
  const Chain chain = chain_of(fake_decode({}), std::move(model));
  LiveSource one = file_source("a", 0), other = file_source("b", 0);
  one.queue.room = 1;
  other.queue.room = 2;
  LiveOptions options{.batching = {8, 0ms}};
  options.warm_up = true;
  LiveRun run({std::move(one), std::move(other)}, chain, options);
  EXPECT_FALSE(run.result().interrupted);
  EXPECT_THAT(seen.sizes, ElementsAre(1, 2, 3));
}

TEST(WarmUp, AStopMeanwhileEndsTheRun) {
  auto held = std::make_unique<HeldModel>(8);
  HeldModel& model = *held;
  const Chain chain = chain_of(fake_decode({}), std::move(held));
  Watched watched, other;
  Recorder sink;
  LiveOptions options;
  options.warm_up = true;
  LiveRun run({watched.source(), other.source()}, chain, options, {&sink});
  ASSERT_TRUE(wait_for([&] { return model.holding(); }));
  run.interrupt();
  model.release();
  const RunSummary summary = run.result();
  EXPECT_TRUE(summary.interrupted);
  EXPECT_FALSE(watched.opened || other.opened);
  EXPECT_EQ(model.pictures_seen, 1) << "a batch of two was to follow";
  EXPECT_EQ(sink.finished, 1);
  for (const SourceStatus& source : summary.live->sources) {
    EXPECT_EQ(source.state, SourceState::ended);
    EXPECT_EQ(source.captured, 0u);
  }
  EXPECT_THAT(run.onlooker.calls, ElementsAre("begin", "end"));
}

TEST(WarmUp, AModelThatFailsEndsTheRunAsAnywhere) {
  const Chain chain = chain_of(
      fake_decode({}),
      std::make_unique<AddingModel>(ModelOptions{.batch = 1, .fatal_flight = 0}, Faults{}));
  Watched watched;
  Recorder sink;
  LiveOptions options;
  options.warm_up = true;
  LiveRun run({watched.source()}, chain, options, {&sink});
  EXPECT_THROW(run.result(), GpuError);
  EXPECT_TRUE(run.onlooker.status().device_lost);
  EXPECT_FALSE(watched.opened);
  EXPECT_EQ(sink.finished, 1);
}

// A picture of this shape need not be one for this model: a camera's may be.
TEST(WarmUp, AModelThatRefusesThePictureIsLeftAlone) {
  auto model =
      std::make_unique<AddingModel>(ModelOptions{.batch = 2}, Faults{.unpreparable = {640}});
  const AddingModel& seen = *model;
  const Chain chain = chain_of(fake_decode({}), std::move(model));
  EXPECT_TRUE(warm_up(chain, 2, nullptr));
  EXPECT_TRUE(seen.sizes.empty());
}

}  // namespace
}  // namespace fovea::pipeline
