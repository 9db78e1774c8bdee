// SPDX-License-Identifier: Apache-2.0
// Measuring plans on a real device: what is kept, what is read again, and that answers stay.
#include "compute/tuner.hpp"

#include <atomic>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "compute/ops/transformer.hpp"
#include "compute/tuning.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"

namespace fovea::compute {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kTokens = 37, kChannels = 48;

class TunerTest : public test::DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    folder_ = fs::temp_directory_path() / fmt::format("fovea-tuner-{}", getpid());
    fs::remove_all(folder_);
  }
  void TearDown() override {
    fs::remove_all(folder_);
    DeviceTest::TearDown();
  }

  /// The tests' device once more, with a folder of its own.
  std::unique_ptr<Device> open(bool use_tuning) const {
    DeviceOptions options;
    options.request = device().info().name;
    options.cache_dir = folder_;
    options.tune_seconds = use_tuning ? 1 : 0;
    return std::make_unique<Device>(options);
  }

  /// Two products of the same sizes, one of others, and attention.
  struct Model {
    explicit Model(Device& device) : store(device) {
      for (const std::int64_t out : {3 * kChannels, kChannels, kChannels}) {
        const auto values = test::random_values({out, kChannels}, 5, 0.2f);
        products.push_back(ops::upload_linear(device, store, fmt::format("w{}", products.size()),
                                              out, kChannels, values.data, {},
                                              ops::Precision::fp32));
      }
    }
    Tensor append(ProgramBuilder& p, const Tensor& x) const {
      Tensor y = ops::linear(p, x, products[0]);
      y = ops::attention(p, y, 3);
      y = ops::linear(p, y, products[1]);
      return ops::linear(p, y, products[2]);
    }
    ConstantStore store;
    std::vector<ops::Linear> products;
  };
  static void append(const Model& model, ProgramBuilder& p) {
    p.output("y", model.append(p, p.input("x", {{1, kTokens, kChannels}})));
  }
  static std::vector<TunedStep> tune_model(Device& device, const TuneOptions& options) {
    const Model model(device);
    return tune(
        device, [&](ProgramBuilder& p) { append(model, p); }, options);
  }
  static std::vector<float> answer(Device& device) {
    const Model model(device);
    const auto x = test::random_values({1, kTokens, kChannels}, 9);
    return test::run_op(device, {x},
                        [&](ProgramBuilder& p, const auto& in) { return model.append(p, in[0]); })
        .data;
  }
  /// Does any step of the model have more than one plan on this device?
  static bool has_choices(Device& device) {
    const Model model(device);
    ProgramBuilder p(device, "choices");
    append(model, p);
    const Program program = std::move(p).build(1);
    return std::ranges::any_of(program.steps(),
                               [](const Step& step) { return step.plans.size() > 1; });
  }

  fs::path folder_;
};

TEST_F(TunerTest, KeepsAPlanForEachKindOfStepAndReadsItAgain) {
  if (!has_choices(device())) GTEST_SKIP() << "one plan for everything here";
  const auto first = open(true);
  EXPECT_TRUE(first->tuning().plans().empty());
  const std::vector<TunedStep> tuned = tune_model(*first, {.seconds = 60});
  ASSERT_FALSE(tuned.empty());
  for (const TunedStep& step : tuned) {
    EXPECT_GT(step.plans, 1) << step.step;
    EXPECT_GT(step.ms, 0) << step.step;
    EXPECT_LE(step.ms, step.first_ms) << step.step;
    EXPECT_EQ(first->tuning().find(step.step), step.plan);
  }
  EXPECT_THAT(tune_model(*first, {.seconds = 60}), testing::IsEmpty()) << "all is known";
  EXPECT_THAT(tune_model(*first, {.seconds = 60, .again = true}), testing::SizeIs(tuned.size()));
  EXPECT_EQ(open(true)->tuning().plans(), first->tuning().plans());
  EXPECT_TRUE(open(false)->tuning().plans().empty()) << "off must mean off";
}

TEST_F(TunerTest, EveryPlanGivesTheSameBits) {
  const std::vector<float> untuned = answer(device());
  const auto other = open(false);
  const Model model(*other);
  ProgramBuilder p(*other, "choices");
  append(model, p);
  const Program program = std::move(p).build(1);
  int plans = 0;
  for (const Step& step : program.steps()) {
    for (const std::string& plan : step.plans) {
      other->tuning().set(step.choice, plan);
      EXPECT_EQ(answer(*other), untuned) << step.choice << ": " << plan;
      ++plans;
    }
  }
  EXPECT_GT(plans, 0) << "linear and attention ask for a plan";
}

TEST_F(TunerTest, APlanThatIsNoMoreIsNotFollowed) {
  const auto other = open(false);
  const Model model(*other);
  const auto listing = [&] {
    ProgramBuilder p(*other, "choices");
    append(model, p);
    return std::move(p).build(1).describe();
  };
  const std::string untuned = listing();
  ProgramBuilder p(*other, "choices");
  append(model, p);
  const Program program = std::move(p).build(1);
  for (const Step& step : program.steps()) {
    if (!step.choice.empty()) other->tuning().set(step.choice, "a plan of long ago");
  }
  EXPECT_EQ(listing(), untuned);
}

TEST_F(TunerTest, WithoutTimeNothingIsChosen) {
  const auto other = open(true);
  EXPECT_THAT(tune_model(*other, {.seconds = 0}), testing::IsEmpty());
  EXPECT_TRUE(other->tuning().plans().empty());
}

// The search once ran on through a Ctrl-C.
TEST_F(TunerTest, AStopEndsTheSearchBeforeTheNextPlan) {
  if (!has_choices(device())) GTEST_SKIP() << "one plan for everything here";
  const auto other = open(true);
  const Model model(*other);
  std::atomic<bool> stop{false};
  int built = 0;
  const auto append_and_stop = [&](ProgramBuilder& p) {
    append(model, p);
    // Once to see the steps, then once for each plan: two plans can be compared.
    if (++built == 4) stop = true;
  };
  const std::vector<TunedStep> tuned =
      tune(*other, append_and_stop, {.seconds = 60, .stop = &stop});
  EXPECT_EQ(built, 4) << "nothing is begun after the stop";
  ASSERT_EQ(tuned.size(), 1U) << "what was compared is kept";
  EXPECT_EQ(tuned[0].plans, 2);
  EXPECT_EQ(other->tuning().plans().size(), 1U);
}

// int8 once shared fp32's key, so that a plan measured for one was used for the other.
TEST_F(TunerTest, EveryPrecisionIsAKindOfItsOwn) {
  ConstantStore store(device());
  const auto values = test::random_values({kChannels, kChannels}, 5, 0.2f);
  std::set<std::string> choices;
  for (const auto precision : {ops::Precision::fp32, ops::Precision::fp16, ops::Precision::int8}) {
    const ops::Linear w =
        ops::upload_linear(device(), store, "w", kChannels, kChannels, values.data, {}, precision);
    ProgramBuilder p(device(), "precision");
    p.output("y", ops::linear(p, p.input("x", {{kTokens, kChannels}}), w));
    const Program program = std::move(p).build(1);
    for (const Step& step : program.steps()) {
      if (!step.choice.empty()) choices.insert(step.choice);
    }
  }
  EXPECT_EQ(choices.size(), 3U) << testing::PrintToString(choices);
}

}  // namespace
}  // namespace fovea::compute
