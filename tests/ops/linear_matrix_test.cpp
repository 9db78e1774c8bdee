// SPDX-License-Identifier: Apache-2.0
// Products on matrix hardware, whole and split over the depth.
#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "compute/ops/launch.hpp"
#include "tests/reference/linear.hpp"
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
using compute::ops::Variant;

constexpr LinearPlan kPlans[] = {{Variant::coopmat, 64, 64, 1},  {Variant::coopmat, 64, 64, 2},
                                 {Variant::coopmat, 64, 64, 5},  {Variant::coopmat2, 64, 64, 1},
                                 {Variant::coopmat2, 64, 64, 3}, {Variant::coopmat2, 128, 128, 1}};
// Matrix kernels are long, and a software device compiles this one for a minute: few sizes.
constexpr LinearPlan kLargePlan{Variant::coopmat, 128, 128, 1};

struct Size {
  std::int64_t rows, columns, depth;
};
// One below and above tiles (64, 128 rows and columns) and steps (32 and 64 depths); depths and
// columns that are no multiple of four; model sizes.
constexpr Size kSizes[] = {{1, 1, 1},       {1, 1000, 192},  {7, 31, 3},      {13, 10, 330},
                           {63, 63, 31},    {64, 64, 32},    {65, 65, 33},    {63, 128, 64},
                           {65, 60, 36},    {127, 127, 127}, {128, 128, 128}, {129, 132, 96},
                           {197, 192, 192}, {257, 100, 165}, {3, 260, 1024}};

constexpr Size kLargeSizes[] = {{129, 132, 96}, {257, 260, 160}};
constexpr LinearPlan kWidePlan{Variant::coopmat2, 128, 256, 1};
constexpr Size kWideSizes[] = {{129, 256, 96}, {257, 512, 160}};

/// Values that fp16 holds exactly, so that the products are as exact as in f32.
Values half_values(const compute::Shape& shape, unsigned seed) {
  Values values = random_values(shape, seed);
  for (float& value : values.data) value = std::round(value * 512.0f) / 512.0f;
  return values;
}

/// Splits as plan_matrix() makes them: no part is empty.
LinearPlan fitting(LinearPlan plan, std::int64_t depth) {
  const auto steps = static_cast<std::uint32_t>((depth + 31) / 32);
  const std::uint32_t part = (steps + plan.splits - 1) / plan.splits;
  plan.splits = (steps + part - 1) / part;
  return plan;
}

class LinearMatrixTest : public DeviceTest,
                         public ::testing::WithParamInterface<std::tuple<LinearPlan, Size>> {
 protected:
  /// The product by the test's plan, and its inputs.
  Values product(const Values& x, const Values& weight, const Values& bias,
                 const Values& residual) {
    const auto& [plan, size] = GetParam();
    compute::ConstantStore store(device());
    const auto w = upload_linear_as(weight_layout(plan.variant), device(), store, "w", size.columns,
                                    size.depth, weight.data, bias.data, Precision::fp16);
    return run_op(device(), {x, residual}, [&](ProgramBuilder& p, const auto& in) {
      const auto& [wanted, of] = GetParam();
      return linear_planned(p, in[0], w, Activation::none, &in[1], fitting(wanted, of.depth));
    });
  }
  std::vector<double> expected(const Values& x, const Values& weight, const Values& bias,
                               const Values& residual) {
    const auto& [plan, size] = GetParam();
    return reference::linear(x.data, weight.data, bias.data, residual.data,
                             static_cast<std::size_t>(size.rows),
                             static_cast<std::size_t>(size.columns),
                             static_cast<std::size_t>(size.depth), Activation::none);
  }
};

TEST_P(LinearMatrixTest, IsExactWhereHalvesAre) {
  const auto& [plan, size] = GetParam();
  std::string why_not;
  if (!can_run(device(), plan.variant, &why_not)) GTEST_SKIP() << why_not;
  const Values x = half_values({size.rows, size.depth}, 1);
  const Values weight = half_values({size.columns, size.depth}, 2);
  const Values bias = random_values({size.columns}, 3);
  const Values residual = random_values({size.rows, size.columns}, 4);
  const Values y = product(x, weight, bias, residual);
  // As in f32: each of K additions rounds a partial sum of about sqrt(K) / 3 by 2^-24 of it.
  expect_close(y.data, expected(x, weight, bias, residual),
               std::ldexp(static_cast<double>(size.depth) + 16.0, -24));
}

TEST_P(LinearMatrixTest, RoundsTheInputToHalfAndNothingElse) {
  const auto& [plan, size] = GetParam();
  std::string why_not;
  if (!can_run(device(), plan.variant, &why_not)) GTEST_SKIP() << why_not;
  const Values x = random_values({size.rows, size.depth}, 5);
  const Values weight = half_values({size.columns, size.depth}, 2);
  const Values bias = random_values({size.columns}, 3);
  const Values residual = random_values({size.rows, size.columns}, 4);
  const Values y = product(x, weight, bias, residual);
  // A value below 1 rounds by at most 2^-11 (2^-10 where the device truncates); K such errors,
  // each times a weight of +-0.58 on average, add up like a random walk: six sigma of it.
  const double sigma = std::ldexp(0.58 * std::sqrt(static_cast<double>(size.depth)), -11);
  expect_close(y.data, expected(x, weight, bias, residual), 6.0 * sigma);
}

std::string name_of_matrix(const ::testing::TestParamInfo<LinearMatrixTest::ParamType>& info) {
  const auto& [plan, size] = info.param;
  return name(plan.variant) + "_" + std::to_string(plan.rows) + "_split" +
         std::to_string(plan.splits) + "_" + std::to_string(size.rows) + "x" +
         std::to_string(size.columns) + "x" + std::to_string(size.depth);
}

INSTANTIATE_TEST_SUITE_P(Sizes, LinearMatrixTest,
                         ::testing::Combine(::testing::ValuesIn(kPlans),
                                            ::testing::ValuesIn(kSizes)),
                         name_of_matrix);
INSTANTIATE_TEST_SUITE_P(Large, LinearMatrixTest,
                         ::testing::Combine(::testing::Values(kLargePlan),
                                            ::testing::ValuesIn(kLargeSizes)),
                         name_of_matrix);
INSTANTIATE_TEST_SUITE_P(Wide, LinearMatrixTest,
                         ::testing::Combine(::testing::Values(kWidePlan),
                                            ::testing::ValuesIn(kWideSizes)),
                         name_of_matrix);

class MatrixActivationTest
    : public DeviceTest,
      public ::testing::WithParamInterface<std::tuple<LinearPlan, Activation>> {};

// A product with the identity shows the activation alone, after the parts are added.
TEST_P(MatrixActivationTest, MatchesTheReferenceFromMinusTwelveToTwelve) {
  const auto& [plan, activation] = GetParam();
  std::string why_not;
  if (!can_run(device(), plan.variant, &why_not)) GTEST_SKIP() << why_not;
  constexpr std::int64_t kDepth = 64;
  std::vector<float> identity(kDepth * kDepth);
  for (std::size_t i = 0; i < kDepth; ++i) identity[i * kDepth + i] = 1.0f;
  Values x{{96, kDepth}, std::vector<float>(96 * kDepth)};
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    x.data[i] = std::round(24.0f * static_cast<float>(i) / 96.0f) / 64.0f - 12.0f;
  }
  compute::ConstantStore store(device());
  const auto w = upload_linear_as(weight_layout(plan.variant), device(), store, "w", kDepth, kDepth,
                                  identity, {}, Precision::fp16);
  const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
    return linear_planned(p, in[0], w, std::get<1>(GetParam()), nullptr, std::get<0>(GetParam()));
  });
  std::vector<double> expected;
  for (const float value : x.data) expected.push_back(reference::activate(activation, value));
  // As in activation_test.cpp.
  expect_close(y.data, expected, 2.5e-6);
}

std::string name_of_matrix_activation(
    const ::testing::TestParamInfo<MatrixActivationTest::ParamType>& info) {
  constexpr const char* kNames[] = {"none", "gelu", "gelu_tanh", "gelu_quick", "relu"};
  const LinearPlan& plan = std::get<0>(info.param);
  return name(plan.variant) + "_split" + std::to_string(plan.splits) + "_" +
         kNames[static_cast<int>(std::get<1>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(
    All, MatrixActivationTest,
    ::testing::Combine(::testing::Values(LinearPlan{Variant::coopmat, 64, 64, 1},
                                         LinearPlan{Variant::coopmat, 64, 64, 2},
                                         LinearPlan{Variant::coopmat2, 64, 64, 1},
                                         LinearPlan{Variant::coopmat2, 64, 64, 2}),
                       ::testing::Values(Activation::gelu, Activation::gelu_tanh,
                                         Activation::gelu_quick, Activation::relu)),
    name_of_matrix_activation);

class MatrixRefusalTest : public DeviceTest {};

TEST_F(MatrixRefusalTest, WeightsPackedForAnotherVariant) {
  const std::vector<float> weight(64);
  compute::ConstantStore store(device());
  const auto w = upload_linear_as(compute::ops::WeightLayout::blocks, device(), store, "blocks.fc1",
                                  8, 8, weight, {}, Precision::fp16);
  ProgramBuilder p(device(), "test");
  const Tensor x = p.input("x", {{3, 8}});
  EXPECT_EQ(error_text([&] {
              linear_planned(p, x, w, Activation::none, nullptr, {Variant::coopmat, 64, 64, 1});
            }),
            "linear: the weights are not packed for coopmat\n"
            "  where: blocks.fc1\n"
            "  fix:   upload them with upload_linear_as()");
}

}  // namespace
}  // namespace fovea::test
