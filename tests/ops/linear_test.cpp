// SPDX-License-Identifier: Apache-2.0
#include "tests/reference/linear.hpp"

#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "compute/ops/launch.hpp"
#include "tests/reference/quantize.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"
#include "tests/support/variants.hpp"

namespace fovea::test {
namespace {

using compute::ProgramBuilder;
using compute::Tensor;
using compute::ops::Activation;
using compute::ops::LinearPlan;
using compute::ops::Precision;
using compute::ops::Reads;
using compute::ops::Variant;

// Every width and height of a tile, bound, by address and as texels; the depth whole and split.
constexpr LinearPlan kPlans[] = {{Variant::portable, 64},
                                 {Variant::portable, 64, 64, 3},
                                 {Variant::subgroup, 8, 32},
                                 {Variant::subgroup, 32, 64},
                                 {Variant::subgroup, 24, 64, 1, Reads::buffers},
                                 {Variant::subgroup, 32, 64, 1, Reads::texels}};

struct Size {
  std::int64_t rows, columns, depth;
};
// Around the tiles (8, 16, 24 and 64 rows; 16, 32, 64 and 128 columns; 4 and 16 depths), odd model
// sizes (head dim 55: 330 = 2 * 3 * 55 and 165), one of everything.
constexpr Size kSizes[] = {
    {1, 1, 1},    {1, 1000, 192}, {7, 31, 3},      {8, 32, 4},     {9, 33, 5},      {13, 10, 330},
    {15, 64, 15}, {16, 65, 16},   {17, 63, 17},    {23, 36, 8},    {25, 28, 12},    {63, 165, 55},
    {64, 64, 64}, {65, 68, 20},   {127, 127, 127}, {131, 132, 72}, {197, 192, 192}, {257, 100, 13}};

/// Splits as split_depth() makes them: no part is empty.
LinearPlan fitting(LinearPlan plan, std::int64_t depth) {
  const auto steps = static_cast<std::uint32_t>((depth + 15) / 16);
  const std::uint32_t part = (steps + plan.splits - 1) / plan.splits;
  plan.splits = (steps + part - 1) / part;
  return plan;
}

/// Weights that fp16 holds exactly, so that one tolerance fits all precisions.
Values half_values(const compute::Shape& shape, unsigned seed) {
  Values values = random_values(shape, seed);
  for (float& value : values.data) value = std::round(value * 512.0f) / 512.0f;
  return values;
}

class LinearTest
    : public DeviceTest,
      public ::testing::WithParamInterface<std::tuple<LinearPlan, Size, Precision, bool>> {};

TEST_P(LinearTest, MatchesTheReference) {
  const auto& [plan, size, precision, with_residual] = GetParam();
  if (!supports(device(), plan.variant)) GTEST_SKIP() << "no subgroup shuffle";
  const Values x = random_values({size.rows, size.depth}, 1);
  const Values weight = half_values({size.columns, size.depth}, 2);
  const Values bias = random_values({size.columns}, 3);
  const Values residual = random_values({size.rows, size.columns}, 4);

  const LinearPlan whole_parts = fitting(plan, size.depth);
  compute::ConstantStore store(device());
  const auto w = upload_linear_as(weight_layout(plan.variant), device(), store, "w", size.columns,
                                  size.depth, weight.data, bias.data, precision);
  const Values y = run_op(device(), {x, residual}, [&](ProgramBuilder& p, const auto& in) {
    const Tensor product = linear_planned(p, in[0], w, Activation::none,
                                          with_residual ? &in[1] : nullptr, whole_parts);
    // A program's inputs must be read; this adds nothing when the residual is not used.
    return with_residual ? product : compute::ops::average(p, product, in[1]);
  });

  const auto depth = static_cast<std::size_t>(size.depth);
  auto expected = reference::linear(
      x.data,
      precision == Precision::int8 ? reference::through_int8(weight.data, depth) : weight.data,
      bias.data, with_residual ? residual.data : std::vector<float>{},
      static_cast<std::size_t>(size.rows), static_cast<std::size_t>(size.columns), depth,
      Activation::none);
  if (!with_residual) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expected[i] = (expected[i] + residual.data[i]) / 2;
    }
  }
  // Each of K additions rounds a partial sum of about sqrt(K) / 3 by 2^-24 of it.
  expect_close(y.data, expected, std::ldexp(static_cast<double>(size.depth) + 16.0, -24));
}

std::string name_of_linear(const ::testing::TestParamInfo<LinearTest::ParamType>& info) {
  const auto& [plan, size, precision, with_residual] = info.param;
  return name(plan.variant) + std::to_string(plan.rows) + "by" + std::to_string(plan.columns) +
         (plan.splits > 1 ? "_split_" : "_") + name(plan.reads) + "_" + std::to_string(size.rows) +
         "x" + std::to_string(size.columns) + "x" + std::to_string(size.depth) + "_" +
         to_string(precision) + (with_residual ? "_residual" : "");
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, LinearTest,
    ::testing::Combine(::testing::ValuesIn(kPlans), ::testing::ValuesIn(kSizes),
                       ::testing::Values(Precision::fp32, Precision::fp16, Precision::int8),
                       ::testing::Bool()),
    name_of_linear);

class LinearOpTest : public DeviceTest {};

TEST_F(LinearOpTest, KeepsLeadingAxesAndAcceptsNoBias) {
  const Values x = random_values({2, 3, 5, 8}, 1);
  const Values weight = random_values({12, 8}, 2);
  compute::ConstantStore store(device());
  const auto w = upload_linear(device(), store, "w", 12, 8, weight.data, {}, Precision::fp32);
  const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
    return compute::ops::linear(p, in[0], w);
  });
  EXPECT_EQ(y.shape, (compute::Shape{2, 3, 5, 12}));
  expect_close(y.data, reference::linear(x.data, weight.data, {}, {}, 30, 12, 8, Activation::none),
               1e-5);
}

TEST_F(LinearOpTest, AddsAResidualThatIsItsOwnInput) {
  const Values x = random_values({13, 16}, 1);
  const Values weight = random_values({16, 16}, 2), bias = random_values({16}, 3);
  compute::ConstantStore store(device());
  const auto w =
      upload_linear(device(), store, "w", 16, 16, weight.data, bias.data, Precision::fp32);
  const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
    return compute::ops::linear_add(p, in[0], w, in[0]);
  });
  expect_close(
      y.data,
      reference::linear(x.data, weight.data, bias.data, x.data, 13, 16, 16, Activation::none),
      1e-5);
}

TEST_F(LinearOpTest, ARowThatIsNotFiniteStaysAlone) {
  Values x = random_values({3, 5}, 1);
  x.data[5] = std::numeric_limits<float>::infinity();
  const Values weight = random_values({4, 5}, 2);
  compute::ConstantStore store(device());
  const auto w = upload_linear(device(), store, "w", 4, 5, weight.data, {}, Precision::fp32);
  for (const LinearPlan& any : kPlans) {
    const LinearPlan plan = fitting(any, 5);
    if (!supports(device(), plan.variant)) continue;
    const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
      return linear_planned(p, in[0], w, Activation::none, nullptr, plan);
    });
    for (const std::size_t i : {0u, 1u, 2u, 3u, 8u, 9u, 10u, 11u}) {
      EXPECT_TRUE(std::isfinite(y.data[i])) << i;
    }
    EXPECT_FALSE(std::isfinite(y.data[4]));
  }
}

}  // namespace
}  // namespace fovea::test
