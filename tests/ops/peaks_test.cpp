// SPDX-License-Identifier: Apache-2.0
// The kernels that measure a device: they do the work that is counted, or the peaks are wrong.
#include "compute/ops/peaks.hpp"

#include "tests/reference/multiply_add.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"

namespace fovea::test {
namespace {

using compute::ProgramBuilder;

class PeaksTest : public DeviceTest {};

TEST_F(PeaksTest, MultiplyAddDoesEveryTurnOfEveryChain) {
  const Values x{{2}, {0.99f, 0.5f}};
  for (const std::uint32_t quads : {1u, 2u, 3u, 4u}) {
    for (const std::int64_t count : {1, 13, 1025}) {
      const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
        return compute::ops::multiply_add(p, in[0], count, quads, 50);
      });
      // Values grow to 20 a chain; each turn rounds by 2^-24 of that: 50 * 16 * 20 * 6e-8 = 1e-3.
      expect_close(y.data,
                   reference::multiply_add(0.99f, 0.5f, static_cast<std::size_t>(count), quads, 50),
                   1e-3);
    }
  }
}

TEST_F(PeaksTest, CopyCopies) {
  for (const std::int64_t count : {4, 52, 4096, 70'004}) {
    const Values x = random_values({count}, 7);
    const Values y = run_op(device(), {x}, [](ProgramBuilder& p, const auto& in) {
      return compute::ops::copy(p, in[0]);
    });
    EXPECT_EQ(y.data, x.data);
  }
}

TEST_F(PeaksTest, WhatCannotRunIsRefused) {
  const Values pair{{2}, {1, 1}}, three{{3}, {1, 1, 1}};
  const auto run = [&](const Values& x, auto append) { run_op(device(), {x}, append); };
  EXPECT_THROW(
      run(pair, [](ProgramBuilder& p,
                   const auto& in) { return compute::ops::multiply_add(p, in[0], 1, 1, 40'001); }),
      ShapeError);
  EXPECT_THROW(
      run(three, [](ProgramBuilder& p,
                    const auto& in) { return compute::ops::multiply_add(p, in[0], 1, 1, 1); }),
      ShapeError);
  EXPECT_THROW(
      run(three, [](ProgramBuilder& p, const auto& in) { return compute::ops::copy(p, in[0]); }),
      ShapeError);
}

TEST_F(PeaksTest, PeaksAreOfThisWorld) {
  const compute::ops::Peaks peaks = compute::ops::measure_peaks(device());
  // From an interpreter on one slow core to beyond any single device.
  EXPECT_GT(peaks.gflop_per_s, 0.01);
  EXPECT_LT(peaks.gflop_per_s, 1e6);
  EXPECT_GT(peaks.gbyte_per_s, 0.01);
  EXPECT_LT(peaks.gbyte_per_s, 1e5);
}

}  // namespace
}  // namespace fovea::test
