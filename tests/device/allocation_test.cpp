// SPDX-License-Identifier: Apache-2.0
// Once warm, a batch takes nothing from the heap on its way through the device.
#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "compute/device.hpp"
#include "compute/ops/transformer.hpp"
#include "compute/program.hpp"
#include "tests/support/allocation_count.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/places.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/inference.hpp"

namespace fovea {
namespace {

constexpr int kBatches = 25;

class AllocationTest : public test::DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    // Without the validation layer: it allocates in every call.
    compute::DeviceOptions options;
    options.request = device().info().name;
    plain_.emplace(options);
    options.pretend_discrete = true;
    discrete_.emplace(options);
  }
  void TearDown() override {
    plain_.reset();
    discrete_.reset();
    DeviceTest::TearDown();
  }

  std::optional<compute::Device> plain_, discrete_;
};

/// A program of one step, warm.
compute::Program one_step(compute::Device& device, compute::ConstantStore& store) {
  const std::array<float, 8> ones{1, 1, 1, 1, 1, 1, 1, 1};
  const auto norm = compute::ops::upload_layer_norm(store, "norm", ones, ones, 1e-6f);
  compute::ProgramBuilder p(device, "step");
  const auto x = p.input("the input, by a name too long for a string to hold in itself", {{4, 8}});
  p.output("the output, by a name too long for a string to hold in itself",
           compute::ops::layer_norm(p, x, norm));
  return std::move(p).build(1);
}

std::uint64_t allocations_of_runs(compute::Device& device) {
  compute::ConstantStore store(device);
  compute::Program program = one_step(device, store);
  const auto trip = [&] {
    compute::Run run = program.begin();
    const auto in = run.input("the input, by a name too long for a string to hold in itself");
    std::fill(in.begin(), in.end(), std::byte{0});
    run.submit();
    run.wait();
    run.output("the output, by a name too long for a string to hold in itself");
    return run.device_ns();
  };
  trip();
  const test::AllocationCount heap;
  for (int i = 0; i < kBatches; ++i) trip();
  return heap.count();
}

/// Batches of every size from 1 to 4, two in flight at once.
std::uint64_t allocations_of_batches(compute::Device& device) {
  const auto checkpoint =
      vision::Checkpoint::open(test::source_dir() / "models" / "fovea-vit-cifar10");
  vision::Inference inference(device, checkpoint, {.max_batch = 4, .slots = 2});
  const auto launch = [&](int n) {
    vision::Pending pending = inference.begin(n);
    for (int i = 0; i < n; ++i) std::ranges::fill(pending.input(i), 0);
    pending.submit();
    return pending;
  };
  const auto flow = [&](int batches) {
    std::optional<vision::Pending> earlier = launch(1);
    for (int i = 0; i < batches; ++i) {
      std::optional<vision::Pending> later = launch(1 + i % 4);
      EXPECT_EQ(earlier->finish().size(), earlier->size() * std::size_t{10});
      earlier->device_ns();
      earlier = std::move(later);
    }
    earlier->finish();
  };
  flow(4);  // builds the program of each size
  const test::AllocationCount heap;
  flow(kBatches);
  return heap.count();
}

TEST(AllocationCount, SeesWhatTheHeapGives) {
  const test::AllocationCount heap;
  const std::string longer(1000, 'x');
  EXPECT_GE(heap.count(), 1u) << longer;
}

TEST_F(AllocationTest, ARunAllocatesNothing) { EXPECT_EQ(allocations_of_runs(*plain_), 0u); }

TEST_F(AllocationTest, ARunThatCopiesItsDataAllocatesNothing) {
  EXPECT_EQ(allocations_of_runs(*discrete_), 0u);
}

TEST_F(AllocationTest, ABatchAllocatesNothing) { EXPECT_EQ(allocations_of_batches(*plain_), 0u); }

TEST_F(AllocationTest, ABatchThatIsCopiedAllocatesNothing) {
  EXPECT_EQ(allocations_of_batches(*discrete_), 0u);
}

}  // namespace
}  // namespace fovea
