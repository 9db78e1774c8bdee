// SPDX-License-Identifier: Apache-2.0
// What a discrete GPU needs: weights, inputs and results copied between the host's memory and
// the device's own. Forced on the device at hand, under validation.
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/device.hpp"
#include "compute/kernel.hpp"
#include "compute/ops/transformer.hpp"
#include "compute/parallel.hpp"
#include "compute/program.hpp"
#include "tests/support/device_fixture.hpp"

namespace fovea::compute {
namespace {

using ProgramRun = Run;  // testing::Test has a Run of its own

constexpr std::int64_t kRows = 7, kChannels = 33;
constexpr std::size_t kValues = kRows * kChannels;

class StagedTest : public test::DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    DeviceOptions options;
    options.request = device().info().name;
    options.validate = true;
    options.pretend_discrete = true;
    staged_.emplace(options);
  }
  void TearDown() override {
    if (staged_) {
      EXPECT_THAT(staged_->validation_messages(), testing::IsEmpty());
    }
    staged_.reset();
    DeviceTest::TearDown();
  }

  std::optional<Device> staged_;
};

std::vector<float> noise(unsigned seed, std::size_t count) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(1.0f, 2.0f);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

/// Two results of two inputs, each through kernels with weights of both sizes of ConstantStore.
struct TwoWays {
  explicit TwoWays(Device& device) : store(device), program(make(device)) {}

  Program make(Device& device) {
    const auto norm =
        ops::upload_layer_norm(store, "norm", noise(1, kChannels), noise(2, kChannels), 1e-6f);
    const std::int64_t wide = 2048;  // a weight of its own buffer
    const auto up = ops::upload_linear(device, store, "up", wide, kChannels,
                                       noise(3, std::size_t(wide * kChannels)),
                                       noise(4, std::size_t(wide)), ops::Precision::fp32);
    ProgramBuilder p(device, "two ways");
    const Tensor a = p.input("a", {{kRows, kChannels}});
    const Tensor b = p.input("b", {{kRows, kChannels}});
    const Tensor sum = ops::average(p, ops::layer_norm(p, a, norm), b);
    p.output("sum", sum);
    p.output("wide", ops::linear(p, sum, up));
    return std::move(p).build(3);
  }

  Run launch(unsigned seed) {
    Run run = program.begin();
    const auto a = noise(2 * seed, kValues), b = noise(2 * seed + 1, kValues);
    std::memcpy(run.input("a").data(), a.data(), a.size() * sizeof(float));
    std::memcpy(run.input("b").data(), b.data(), b.size() * sizeof(float));
    run.submit();
    return run;
  }

  static std::pair<std::string, std::string> answer(Run& run) {
    run.wait();
    const auto text = [](std::span<const std::byte> bytes) {
      return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    return {text(run.output("sum")), text(run.output("wide"))};
  }

  ConstantStore store;
  Program program;
};

TEST_F(StagedTest, TheDeviceCountsAsOneWithMemoryOfItsOwn) {
  EXPECT_FALSE(staged_->limits().unified_memory);
  EXPECT_TRUE(staged_->limits().staged_io);
}

TEST_F(StagedTest, CopiedDataGiveTheSameBits) {
  TwoWays plain(device()), staged(*staged_);
  for (unsigned seed = 0; seed < 3; ++seed) {
    ProgramRun wanted = plain.launch(seed), got = staged.launch(seed);
    EXPECT_EQ(TwoWays::answer(got), TwoWays::answer(wanted)) << seed;
  }
}

TEST_F(StagedTest, RunsThatOverlapKeepTheirData) {
  TwoWays plain(device()), staged(*staged_);
  std::vector<std::pair<std::string, std::string>> wanted;
  for (unsigned seed = 0; seed < 12; ++seed) {
    ProgramRun run = plain.launch(seed);
    wanted.push_back(TwoWays::answer(run));
  }
  // Always three in flight; the oldest is read while the others are under way.
  std::vector<ProgramRun> flying;
  for (unsigned seed = 0; seed < 12; ++seed) {
    flying.push_back(staged.launch(seed));
    if (flying.size() < 3) continue;
    EXPECT_EQ(TwoWays::answer(flying.front()), wanted[seed - 2]) << seed - 2;
    flying.erase(flying.begin());
  }
  EXPECT_EQ(TwoWays::answer(flying[0]), wanted[10]);
  EXPECT_EQ(TwoWays::answer(flying[1]), wanted[11]);
}

TEST_F(StagedTest, WeightsMayBeAddedFromManyThreads) {
  constexpr std::size_t kTensors = 40;
  for (Device* target : {&device(), &*staged_}) {
    ConstantStore store(*target);
    std::vector<ops::LayerNorm> norms(kTensors);
    parallel_for(kTensors, [&](std::size_t i) {
      const auto seed = static_cast<unsigned>(i);
      norms[i] = ops::upload_layer_norm(store, "norm " + std::to_string(i), noise(seed, kChannels),
                                        noise(seed + 100, kChannels), 1e-6f);
    });
    EXPECT_EQ(store.size_bytes(), kTensors * 2 * kChannels * sizeof(float));
    // A constant row comes out as beta, so every tensor can be read back.
    for (std::size_t i = 0; i < kTensors; ++i) {
      ProgramBuilder p(*target, "read back");
      p.output("y", ops::layer_norm(p, p.input("x", {{1, kChannels}}), norms[i]));
      Program program = std::move(p).build(1);
      ProgramRun run = program.begin();
      std::memset(run.input("x").data(), 0, run.input("x").size());
      run.submit();
      run.wait();
      const auto beta = noise(static_cast<unsigned>(i) + 100, kChannels);
      EXPECT_EQ(std::memcmp(run.output("y").data(), beta.data(), beta.size() * sizeof(float)), 0)
          << i;
    }
  }
}

TEST_F(StagedTest, KernelsCompileOnceHoweverManyAskForThem) {
  Device& target = *staged_;
  std::vector<const Kernel*> seen(24);
  parallel_for(seen.size(), [&](std::size_t i) {
    const std::uint32_t lanes = i % 2 == 0 ? 32 : 64;
    seen[i] = &kernels(target).get("layer_norm", std::span(&lanes, 1));
    kernels(target).compile(std::span(&seen[i], 1));
  });
  for (std::size_t i = 2; i < seen.size(); ++i) EXPECT_EQ(seen[i], seen[i - 2]);
  EXPECT_NE(seen[0], seen[1]);
}

}  // namespace
}  // namespace fovea::compute
