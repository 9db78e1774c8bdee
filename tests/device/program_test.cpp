// SPDX-License-Identifier: Apache-2.0
// Programs on a real device: data in and out, slots, reuse of memory, the pipeline cache,
// and what a builder refuses. Layer normalisation stands for any kernel.
#include "compute/program.hpp"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "compute/kernel.hpp"
#include "compute/ops/transformer.hpp"
#include "tests/support/device_fixture.hpp"

namespace fovea::compute {
namespace {

using testing::HasSubstr;
using ProgramRun = Run;  // testing::Test has a Run of its own

constexpr std::int64_t kRows = 5, kChannels = 33;

class ProgramTest : public test::DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    store_.emplace(device());
    gamma_.assign(kChannels, 1.0f);
    beta_.assign(kChannels, 0.0f);
    beta_[3] = 2.5f;
    norm_ = ops::upload_layer_norm(*store_, "norm", gamma_, beta_, 1e-6f);
  }
  void TearDown() override {
    store_.reset();
    DeviceTest::TearDown();
  }

  /// A chain of `length` normalisations: normalising twice changes nothing but beta's channel.
  Program chain(int length, int slots, Timing timing = Timing::run) {
    ProgramBuilder p(device(), "chain");
    Tensor x = p.input("x", {{kRows, kChannels}, DType::f32});
    for (int i = 0; i < length; ++i) {
      const auto scope = p.scope(fmt::format("links.{}", i));
      x = ops::layer_norm(p, x, norm_);
    }
    p.output("y", x);
    return std::move(p).build(slots, timing);
  }

  static std::vector<float> picture(unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(1.0f, 2.0f);
    std::vector<float> x(kRows * kChannels);
    for (float& value : x) value = normal(random);
    return x;
  }
  static void fill(ProgramRun& run, const std::vector<float>& x) {
    std::memcpy(run.input("x").data(), x.data(), x.size() * sizeof(float));
  }
  static std::vector<float> result(const ProgramRun& run) {
    std::vector<float> y(kRows * kChannels);
    std::memcpy(y.data(), run.output("y").data(), y.size() * sizeof(float));
    return y;
  }
  std::vector<float> expected(std::vector<float> x, int length) const {
    for (int i = 0; i < length; ++i) {
      for (std::int64_t r = 0; r < kRows; ++r) {
        float* row = x.data() + r * kChannels;
        double mean = 0, variance = 0;
        for (std::int64_t c = 0; c < kChannels; ++c) mean += row[c] / double(kChannels);
        for (std::int64_t c = 0; c < kChannels; ++c) {
          variance += (row[c] - mean) * (row[c] - mean) / double(kChannels);
        }
        for (std::int64_t c = 0; c < kChannels; ++c) {
          row[c] = float((row[c] - mean) / std::sqrt(variance + 1e-6)) + beta_[std::size_t(c)];
        }
      }
    }
    return x;
  }
  static void expect_near(const std::vector<float>& y, const std::vector<float>& wanted) {
    ASSERT_EQ(y.size(), wanted.size());
    // f32 sums of 33 values of size 10: a few units in the last place, per link.
    for (std::size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], wanted[i], 2e-5) << "value " << i;
  }

  std::optional<ConstantStore> store_;
  std::vector<float> gamma_, beta_;
  ops::LayerNorm norm_;
};

TEST_F(ProgramTest, ComputesWhatTheStepsSay) {
  Program program = chain(3, 1);
  ProgramRun run = program.begin();
  fill(run, picture(1));
  run.submit();
  run.wait();
  expect_near(result(run), expected(picture(1), 3));
}

TEST_F(ProgramTest, TheSameSlotAnswersAnewEachTime) {
  Program program = chain(2, 1);
  for (unsigned seed : {1u, 2u, 1u}) {  // two different inputs, then the first again
    ProgramRun run = program.begin();
    fill(run, picture(seed));
    run.submit();
    run.wait();
    expect_near(result(run), expected(picture(seed), 2));
  }
}

TEST_F(ProgramTest, RunsInFlightAtOnceDoNotDisturbEachOther) {
  Program program = chain(4, 3);
  std::vector<ProgramRun> runs;
  for (unsigned i = 0; i < 3; ++i) {
    runs.push_back(program.begin());
    fill(runs.back(), picture(i));
  }
  for (ProgramRun& run : runs) run.submit();
  std::thread waiter([&] {  // a Run may be finished on another thread
    for (ProgramRun& run : runs) run.wait();
  });
  waiter.join();
  for (unsigned i = 0; i < 3; ++i) expect_near(result(runs[i]), expected(picture(i), 4));
}

TEST_F(ProgramTest, MoreRunsThanSlotsAreRefusedAndADroppedRunFreesItsSlot) {
  Program program = chain(1, 1);
  {
    ProgramRun first = program.begin();
    fill(first, picture(1));
    EXPECT_THROW(program.begin(), ShapeError);
    first.submit();  // dropped in flight: the destructor waits
  }
  ProgramRun again = program.begin();
  fill(again, picture(2));
  again.submit();
  again.wait();
  expect_near(result(again), expected(picture(2), 1));
}

TEST_F(ProgramTest, AChainReusesItsMemoryAndSeparatesItsSteps) {
  Program program = chain(6, 1);
  EXPECT_LT(program.scratch_bytes(), program.unaliased_bytes());
  for (std::size_t i = 1; i < program.steps().size(); ++i) {
    EXPECT_TRUE(program.steps()[i].barrier_before) << i;
  }
  EXPECT_EQ(program.steps()[2].name, "links.2.norm");
  EXPECT_THAT(program.describe(), HasSubstr("links.5.norm"));
}

TEST_F(ProgramTest, TimesItsStepsWhereTheDeviceHasTimestamps) {
  Program program = chain(3, 1, Timing::steps);
  ProgramRun run = program.begin();
  fill(run, picture(1));
  run.submit();
  run.wait();
  const std::vector<std::uint64_t> steps = run.step_ns();
  if (steps.empty()) GTEST_SKIP() << "the device has no timestamps";
  EXPECT_EQ(steps.size(), 3u);
  EXPECT_GT(run.device_ns(), 0u);
}

TEST_F(ProgramTest, ConstantsNeverCrossWhatTheDeviceCanBind) {
  DeviceOptions options;
  options.request = device().info().name;
  options.max_storage_range_bytes = 1 << 20;
  Device small(options);
  ConstantStore store(small);
  const std::vector<std::byte> tensor(300'000);
  for (int i = 0; i < 20; ++i) {
    const BufferSlice slice = store.add(fmt::format("t{}", i), tensor);
    EXPECT_LE(slice.size_bytes, small.limits().max_storage_range_bytes);
    EXPECT_LE(slice.offset_bytes + slice.size_bytes, slice.buffer->size_bytes());
    EXPECT_EQ(slice.offset_bytes % small.limits().storage_offset_alignment, 0u);
  }
  const std::vector<std::byte> huge(2 << 20);
  try {
    store.add("classifier.weight", huge);
    FAIL() << "accepted";
  } catch (const GpuError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'classifier.weight' has 2097152 bytes, the device binds "
                                        "at most 1048576 at once"));
  }
}

TEST_F(ProgramTest, RefusesAValueReadBeforeItIsWritten) {
  ProgramBuilder p(device(), "early");
  const Tensor never = p.value("never", {{kRows, kChannels}, DType::f32});
  EXPECT_THAT([&] { ops::layer_norm(p, never, norm_); },
              testing::ThrowsMessage<ShapeError>(HasSubstr("'never' is read before any step")));
}

TEST_F(ProgramTest, RefusesAValueNobodyReads) {
  ProgramBuilder p(device(), "idle");
  ops::layer_norm(p, p.input("x", {{kRows, kChannels}, DType::f32}), norm_);
  EXPECT_THAT([&] { std::move(p).build(1); },
              testing::ThrowsMessage<ShapeError>(HasSubstr("is never read")));
}

TEST_F(ProgramTest, RefusesWrappersThatDisagreeWithTheShader) {
  const std::uint32_t lanes = 32;
  const Kernel& kernel = kernels(device()).get("layer_norm", std::span(&lanes, 1));
  ProgramBuilder p(device(), "wrong");
  const Tensor x = p.input("x", {{kRows, kChannels}, DType::f32});
  const Tensor y = p.value("y", x.spec);
  const std::uint32_t push[3]{};
  const auto bytes = std::as_bytes(std::span(push));
  EXPECT_THAT(
      [&] {
        p.dispatch("s", {kernel, {x}, {y}, bytes, {1, 1, 1}});
      },
      testing::ThrowsMessage<ShapeError>(
          HasSubstr("the shader has 4 bindings, the wrapper binds 2 tensors")));
  EXPECT_THAT(
      [&] {
        p.dispatch("s", {kernel, {x, x}, {y, y}, bytes, {1, 1, 1}});
      },
      testing::ThrowsMessage<ShapeError>(HasSubstr("binding 2 is not declared writeonly")));
  EXPECT_THAT(
      [&] {
        p.dispatch("s", {kernel, {x, x, x}, {y}, bytes.first(4), {1, 1, 1}});
      },
      testing::ThrowsMessage<ShapeError>(HasSubstr("takes 12 bytes of push constants")));
  EXPECT_THAT(
      [&] {
        p.dispatch("s", {kernel, {x, x, x}, {y}, bytes, {0, 1, 1}});
      },
      testing::ThrowsMessage<ShapeError>(HasSubstr("cannot dispatch 0 x 1 x 1 groups")));
}

TEST_F(ProgramTest, AnUnknownShaderIsNamedWithItsNeighbours) {
  EXPECT_THAT([&] { kernels(device()).get("layer_norm.f64"); },
              testing::ThrowsMessage<GpuError>(HasSubstr("near names: layer_norm")));
}

TEST_F(ProgramTest, ThePipelineCacheIsWrittenUsedAndRebuiltWhenDamaged) {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("fovea-{}", getpid());
  DeviceOptions options;
  options.request = device().info().name;
  options.cache_dir = folder;
  const auto compile = [&] {
    Device cached(options);
    const std::uint32_t lanes = 32;
    const Kernel* kernel = &kernels(cached).get("layer_norm", std::span(&lanes, 1));
    kernels(cached).compile(std::span(&kernel, 1));
    return cached.save_pipeline_cache();
  };
  ASSERT_TRUE(compile());
  const auto file = std::filesystem::directory_iterator(folder)->path();
  const auto whole = std::filesystem::file_size(file);
  std::filesystem::resize_file(file, whole / 2);
  EXPECT_TRUE(compile());
  EXPECT_EQ(std::filesystem::file_size(file), whole);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace fovea::compute
