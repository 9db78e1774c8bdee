// SPDX-License-Identifier: Apache-2.0
// Threaded equals sequential: same records, same order, whatever is slow or fails.

#include <memory>
#include <random>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/line/fakes.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;

enum class Shape : std::uint8_t {
  one_model,
  filtered,
  cascade,
  mixed_sizes,
  mixed_cascade,
  gated,
  gated_cascade
};

bool has_mixed_sizes(Shape shape) {
  return shape == Shape::mixed_sizes || shape == Shape::mixed_cascade ||
         shape == Shape::gated_cascade;
}
bool has_one_model(Shape shape) { return shape == Shape::one_model || shape == Shape::mixed_sizes; }

Faults random_faults(std::uint64_t n, unsigned seed) {
  std::mt19937 random(seed);
  Faults faults;
  for (std::uint64_t i = 0; i < n; ++i) {
    switch (random() % 12) {
      case 0:
        faults.missing.insert(i);
        break;
      case 1:
        faults.undecodable.insert(i);
        break;
      case 2:
        faults.unpreparable.insert(i);
        break;
      default:
        break;
    }
  }
  return faults;
}

Chain make_chain(Shape shape, const Faults& faults, int batch, int max_delay_us) {
  std::vector<std::unique_ptr<Stage>> later;
  ModelOptions first{.batch = batch, .max_delay_us = max_delay_us};
  if (has_mixed_sizes(shape)) first.sizes = 3;
  if (!has_one_model(shape)) later.push_back(std::make_unique<DropEvery>(3));
  std::vector<int> gates;
  if (shape == Shape::gated) gates = {4};
  if (shape == Shape::gated_cascade) gates = {3, 5};
  if (shape == Shape::cascade || shape == Shape::mixed_cascade || shape == Shape::gated_cascade) {
    ModelOptions second{.batch = 2, .slots = 1, .max_delay_us = max_delay_us, .plus = 0.25f};
    if (has_mixed_sizes(shape)) second.sizes = 5;
    later.push_back(std::make_unique<AddingModel>(second, Faults{}));
  }
  return chain_of(fake_decode(faults, max_delay_us), std::make_unique<AddingModel>(first, faults),
                  std::move(later), gates);
}

class Twin : public testing::TestWithParam<std::tuple<int, int, int, Shape>> {};

TEST_P(Twin, ThreadedEqualsSequential) {
  const auto [n_int, batch, threads, shape] = GetParam();
  const auto n = static_cast<std::uint64_t>(n_int);
  const int max_delay_us = n_int <= 50 ? 800 : 100;
  for (const unsigned seed : {1u, 2u}) {
    const Faults faults = random_faults(n, seed);

    CountingSource slow_source(n, faults);
    Recorder expected;
    Sink* expected_sinks[] = {&expected};
    const Chain slow = make_chain(shape, faults, batch, 0);
    const auto slow_report = run_sequential(slow_source, slow, expected_sinks);

    CountingSource source(n, faults, Delay(max_delay_us, seed));
    Recorder found(Delay(max_delay_us, seed + 1)), second;
    Sink* sinks[] = {&found, &second};
    const Chain fast = make_chain(shape, faults, batch, max_delay_us);
    const auto report = run_threaded(source, fast, sinks, {.decode_threads = threads});

    EXPECT_THAT(found.lines, testing::ElementsAreArray(expected.lines));
    EXPECT_EQ(found.lines, second.lines);
    EXPECT_EQ(found.finished, 1);
    EXPECT_EQ(expected.finished, 1);
    EXPECT_EQ(report.summary.seen, n);
    EXPECT_EQ(report.summary.done, slow_report.summary.done);
    EXPECT_EQ(report.summary.failed, slow_report.summary.failed);
    EXPECT_EQ(report.summary.filtered, slow_report.summary.filtered);
    EXPECT_EQ(report.summary.filtered_by, slow_report.summary.filtered_by);
    EXPECT_FALSE(report.summary.interrupted);
    if (has_one_model(shape)) {
      EXPECT_EQ(report.summary.failed,
                faults.missing.size() + faults.undecodable.size() + faults.unpreparable.size());
      const auto& model = dynamic_cast<const AddingModel&>(fast.stage(0));
      const auto& twin = dynamic_cast<const AddingModel&>(slow.stage(0));
      EXPECT_EQ(model.sizes, twin.sizes);
      EXPECT_EQ(model.in_air.load(), 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Line, Twin,
                         testing::Combine(testing::Values(0, 1, 2, 7, 50, 500),
                                          testing::Values(1, 3, 8), testing::Values(1, 4),
                                          testing::Values(Shape::one_model, Shape::filtered,
                                                          Shape::cascade, Shape::mixed_sizes,
                                                          Shape::mixed_cascade, Shape::gated,
                                                          Shape::gated_cascade)));

// The sequential twin is itself held against arithmetic done here.
TEST(Twin, SequentialSaysWhatThePicturesAre) {
  Faults faults;
  faults.undecodable = {1};
  faults.missing = {3};
  faults.unpreparable = {4};
  CountingSource source(6, faults);
  Recorder sink;
  Sink* sinks[] = {&sink};
  run_sequential(source,
                 chain_of(fake_decode(faults),
                          std::make_unique<AddingModel>(ModelOptions{.batch = 2}, faults)),
                 sinks);
  EXPECT_THAT(sink.lines,
              testing::ElementsAre(
                  "0 picture 0: 0.5", "1 picture 1 failed in decode: not a picture (8 bytes)",
                  "2 picture 2: 22.5", "3 picture 3 failed in source: no such file (0 bytes)",
                  "4 picture 4 failed in preprocess: too long (0 bytes)", "5 picture 5: 55.5"));
}

TEST(Twin, AStageBeforeTheModelLetsPicturesGoAndIsNamed) {
  CountingSource source(7, {});
  Recorder sink;
  Sink* sinks[] = {&sink};
  const Chain chain = chain_of(
      fake_decode({}), std::make_unique<AddingModel>(ModelOptions{.batch = 2}, Faults{}), {}, {3});
  EXPECT_EQ(chain.first_model(), 1u);
  const RunSummary summary = run_sequential(source, chain, sinks).summary;
  EXPECT_THAT(sink.lines,
              testing::ElementsAre("0 picture 0: 0.5", "1 picture 1: 11.5", "3 picture 3: 33.5",
                                   "4 picture 4: 44.5", "6 picture 6: 66.5"));
  EXPECT_THAT(summary.filtered_by, testing::ElementsAre(testing::Pair("gate", 2)));
}

TEST(Twin, ShortLastBatchHasExactlyItsPictures) {
  CountingSource source(11, {});
  Recorder sink;
  Sink* sinks[] = {&sink};
  auto model = std::make_unique<AddingModel>(ModelOptions{.batch = 4}, Faults{});
  const auto& seen = *model;
  const Chain chain = chain_of(fake_decode({}), std::move(model));
  run_threaded(source, chain, sinks, {.decode_threads = 2});
  EXPECT_THAT(seen.sizes, testing::ElementsAre(4, 4, 3));
}

}  // namespace
}  // namespace fovea::pipeline
