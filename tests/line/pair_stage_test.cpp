// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/pair_stage.hpp"

#include <memory>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "pipeline/line/line.hpp"
#include "tests/line/fakes.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;
using testing::ElementsAre;

struct Seen {
  int picture;
  std::vector<float> first, second;
};

/// A line of `n` pictures through two models that add 1/2 and 3/4.
std::vector<Seen> run_pair(std::uint64_t n, int batch, const Faults& faults, Recorder& recorder,
                           int max_delay_us = 0) {
  std::vector<Seen> seen;
  const auto model = [&](float plus) {
    ModelOptions options;
    options.batch = batch;
    options.max_delay_us = max_delay_us;
    options.plus = plus;
    return std::make_unique<AddingModel>(options, faults);
  };
  std::vector<std::unique_ptr<Stage>> stages;
  stages.push_back(std::make_unique<PairStage>(
      model(0.5f), model(0.75f),
      [&](const Frame& frame, std::span<const float> first, std::span<const float> second) {
        seen.push_back(
            {frame.width_px, {first.begin(), first.end()}, {second.begin(), second.end()}});
      }));
  CountingSource source(n, faults, Delay(max_delay_us));
  const Chain chain(fake_decode(faults, max_delay_us), std::move(stages));
  Sink* sinks[] = {&recorder};
  run_threaded(source, chain, sinks, {.decode_threads = 3});
  return seen;
}

TEST(PairStage, ComparesTheSamePictureInBothModels) {
  for (const int batch : {1, 3, 8}) {
    Recorder recorder;
    const std::vector<Seen> seen = run_pair(41, batch, {}, recorder, 50);
    ASSERT_EQ(seen.size(), 41u);
    for (int i = 0; i < 41; ++i) {
      const Seen& one = seen[static_cast<std::size_t>(i)];
      EXPECT_EQ(one.picture, i) << "in order";
      ASSERT_EQ(one.first.size(), 1u);
      ASSERT_EQ(one.second.size(), 1u);
      EXPECT_EQ(one.second[0] - one.first[0], 0.25f);
      EXPECT_EQ(one.first[0], static_cast<float>(i * 10 + i % 251) + 0.5f);
    }
  }
}

TEST(PairStage, APictureThatFailsIsComparedWithNothing) {
  Faults faults;
  faults.undecodable = {2};
  faults.unpreparable = {4};
  Recorder recorder;
  const std::vector<Seen> seen = run_pair(6, 2, faults, recorder);
  std::vector<int> pictures;
  for (const Seen& one : seen) pictures.push_back(one.picture);
  EXPECT_THAT(pictures, ElementsAre(0, 1, 3, 5));
  EXPECT_EQ(recorder.lines.size(), 6u);
}

}  // namespace
}  // namespace fovea::pipeline
