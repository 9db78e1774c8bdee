// SPDX-License-Identifier: Apache-2.0
// How a run ends before its end: errors, the user's stop, broken sinks.

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/line/filter_stage.hpp"
#include "tests/line/fakes.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;

struct FatalCase {
  std::string name;
  std::function<void(Faults&, ModelOptions&, Recorder&)> arrange;
  std::string message;
};

class Fatal : public testing::TestWithParam<FatalCase> {};

TEST_P(Fatal, StopsTheLineAndIsRethrown) {
  using Runner = LineReport (*)(Source&, const Chain&, std::span<Sink* const>, const LineOptions&);
  for (const Runner runner : {Runner{run_threaded}, Runner{run_sequential}}) {
    for (const auto& [delay, gates] : {std::pair{0, std::vector<int>{}},
                                       {300, std::vector<int>{}},
                                       {0, std::vector<int>{1000}},
                                       {300, std::vector<int>{1000, 1000}}}) {
      Faults faults;
      ModelOptions options{.batch = 3, .max_delay_us = delay};
      Recorder sink{Delay(delay)}, other;
      GetParam().arrange(faults, options, sink);
      CountingSource source(200, faults, Delay(delay));
      const std::array<Sink*, 2> sinks{&sink, &other};
      const Chain chain = chain_of(fake_decode(faults, delay),
                                   std::make_unique<AddingModel>(options, faults), {}, gates);
      try {
        runner(source, chain, sinks, {.decode_threads = 4});
        FAIL() << "nothing was thrown";
      } catch (const std::exception& error) {
        EXPECT_THAT(error.what(), testing::StartsWith(GetParam().message));
      }
      EXPECT_EQ(sink.finished, 1);
      EXPECT_EQ(other.finished, 1);
      EXPECT_TRUE(other.summary.interrupted);
      EXPECT_LT(sink.lines.size(), 200u);
      // What was written before is in order and without a gap.
      for (std::size_t i = 0; i < sink.lines.size(); ++i) {
        EXPECT_THAT(sink.lines[i], testing::StartsWith(std::to_string(i) + " "));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Line, Fatal,
    testing::Values(
        FatalCase{"source", [](auto& f, auto&, auto&) { f.fatal_source = 50; }, "source is broken"},
        FatalCase{"decode", [](auto& f, auto&, auto&) { f.fatal_decode = 0; }, "decoder is broken"},
        FatalCase{"prepare", [](auto& f, auto&, auto&) { f.fatal_prepare = 199; },
                  "preprocessor is broken"},
        FatalCase{"model", [](auto&, auto& m, auto&) { m.fatal_flight = 10; }, "lost"},
        FatalCase{"sink", [](auto&, auto&, auto& s) { s.fatal_at = 20; }, "disk is full"}),
    [](const auto& tested) { return tested.param.name; });

/// Asks for a stop when the n-th record arrives.
class StopAt : public Recorder {
 public:
  StopAt(std::size_t n, std::atomic<bool>& stop) : n_(n), stop_(stop) {}
  void write(const Outcome<Frame>& outcome) override {
    Recorder::write(outcome);
    if (lines.size() == n_) stop_ = true;
  }

 private:
  std::size_t n_;
  std::atomic<bool>& stop_;
};

TEST(Stop, FinishesWhatIsInFlightAndLeavesTheRest) {
  for (const auto& [batch, sizes] : {std::pair{1, 1}, {8, 1}, {8, 5}}) {
    std::atomic<bool> stop{false};
    CountingSource source(100'000, {});
    StopAt sink(20, stop);
    Sink* sinks[] = {&sink};
    auto model = std::make_unique<AddingModel>(
        ModelOptions{.batch = batch, .sizes = static_cast<std::uint64_t>(sizes)}, Faults{});
    const auto& flown = *model;
    const Chain chain = chain_of(fake_decode({}), std::move(model));
    const auto report = run_threaded(source, chain, sinks, {.decode_threads = 3, .stop = &stop});

    EXPECT_TRUE(report.summary.interrupted);
    EXPECT_TRUE(sink.summary.interrupted);
    EXPECT_GE(sink.lines.size(), 20u);
    EXPECT_LT(sink.lines.size(), 300u);  // the queues' depth, not the folder
    EXPECT_EQ(report.summary.done, sink.lines.size());
    std::size_t submitted = 0;
    for (const int size : flown.sizes) submitted += static_cast<std::size_t>(size);
    EXPECT_EQ(submitted, sink.lines.size());  // nothing that flew is lost
    for (std::size_t i = 0; i < sink.lines.size(); ++i) {
      EXPECT_THAT(sink.lines[i], testing::StartsWith(std::to_string(i) + " "));
    }
  }
}

/// Says at its end what it lost.
class Forgetful : public Recorder {
 public:
  std::string lost() const override { return finished == 1 ? words : std::string(); }
  std::string words;
};

TEST(Stop, WhatSinksLostIsInTheSummary) {
  CountingSource source(3, {});
  Forgetful first, second, third;
  first.words = "first: 2 lost";
  third.words = "third: 1 lost";
  Sink* sinks[] = {&first, &second, &third};
  const Chain chain =
      chain_of(fake_decode({}), std::make_unique<AddingModel>(ModelOptions{}, Faults{}));
  EXPECT_THAT(run_threaded(source, chain, sinks).summary.lost,
              testing::ElementsAre("first: 2 lost", "third: 1 lost"));
}

TEST(Stop, BeforeTheStartGivesNothing) {
  std::atomic<bool> stop{true};
  CountingSource source(10, {});
  Recorder sink;
  Sink* sinks[] = {&sink};
  const Chain chain =
      chain_of(fake_decode({}), std::make_unique<AddingModel>(ModelOptions{}, Faults{}));
  const auto report = run_threaded(source, chain, sinks, {.stop = &stop});
  EXPECT_TRUE(report.summary.interrupted);
  EXPECT_EQ(report.summary.seen, 0u);
  EXPECT_EQ(sink.finished, 1);
}

TEST(Progress, CountsUpToTheTotalAndNamesTheSlowPlace) {
  struct Case {
    int decode_us, model_us, sink_us;
    const char* slow;
  };
  for (const Case& c :
       {Case{3000, 0, 0, "decode"}, Case{0, 3000, 0, "compute"}, Case{0, 0, 3000, "sinks"}}) {
    const auto sleep = [](int us) {
      if (us > 0) std::this_thread::sleep_for(std::chrono::microseconds(us));
    };
    CountingSource source(60, {});
    Recorder sink;
    struct SlowSink : Sink {
      std::function<void()> pause;
      void write(const Outcome<Frame>&) override { pause(); }
    } slow_sink;
    slow_sink.pause = [&] { sleep(c.sink_us); };
    struct SlowModel : AddingModel {
      using AddingModel::AddingModel;
      std::function<void()> pause;
      void annotate(Frame& frame, std::span<const float> row) const override {
        pause();
        AddingModel::annotate(frame, row);
      }
    };
    auto model = std::make_unique<SlowModel>(ModelOptions{.batch = 2}, Faults{});
    model->pause = [&] { sleep(c.model_us); };
    const auto decode = [&, plain = fake_decode({})](Packet packet) {
      sleep(c.decode_us);
      return plain(std::move(packet));
    };
    Sink* sinks[] = {&sink, &slow_sink};
    std::vector<Progress> seen;
    LineOptions options;
    options.progress_every = std::chrono::milliseconds(10);
    options.on_progress = [&](const Progress& p) { seen.push_back(p); };
    options.count = [](const std::atomic<bool>&) { return std::optional<std::uint64_t>(60); };
    const auto report = run_threaded(source, chain_of(decode, std::move(model)), sinks, options);

    EXPECT_EQ(report.summary.bottleneck, c.slow);
    ASSERT_GE(seen.size(), 3u);
    EXPECT_EQ(seen.back().done, 60u);
    EXPECT_EQ(seen.back().total, 60u);
    EXPECT_GT(seen.back().images_per_s, 0);
    EXPECT_EQ(seen.back().bottleneck, c.slow);
    EXPECT_TRUE(
        std::is_sorted(seen.begin(), seen.end(), [](auto& a, auto& b) { return a.done < b.done; }));
  }
}

TEST(Chain, RefusesWhatCannotRun) {
  std::vector<std::unique_ptr<Stage>> none;
  EXPECT_THROW(Chain(fake_decode({}), std::move(none)), ConfigError);
  std::vector<std::unique_ptr<Stage>> filter_first;
  filter_first.push_back(std::make_unique<FilterStage>(FilterConfig{}));
  EXPECT_THROW(Chain(fake_decode({}), std::move(filter_first)), ConfigError);
}

TEST(Filter, LooksAtTheBestLabelOnly) {
  FilterConfig config;
  config.labels = {"cat", "dog"};
  config.min_score = 0.5;
  FilterStage filter(config);
  const auto passes = [&](std::vector<vision::Label> labels) {
    Frame frame;
    frame.labels = std::move(labels);
    return filter.process(std::move(frame)).has_value();
  };
  EXPECT_TRUE(passes({{1, "cat", 0.5f}, {2, "bird", 0.4f}}));
  EXPECT_TRUE(passes({{3, "dog", 0.9f}}));
  EXPECT_FALSE(passes({{1, "cat", 0.49f}}));
  EXPECT_FALSE(passes({{2, "bird", 0.8f}, {1, "cat", 0.2f}}));
  EXPECT_FALSE(passes({}));
}

}  // namespace
}  // namespace fovea::pipeline
