// SPDX-License-Identifier: Apache-2.0
// LayerNorm folded into the product after it, by moments that the product before left behind.
#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "compute/ops/launch.hpp"
#include "tests/reference/layer_norm.hpp"
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

constexpr float kEpsilon = 1e-6f;

/// x [rows, 8] -> y [rows, channels] with a residual, then LayerNorm and a product to `columns`.
struct Size {
  std::int64_t rows, channels, columns;
};
// Groups of moments that are full, that end within 32 columns and that are the only one; around
// tiles of 64 rows.
constexpr Size kSizes[] = {{1, 4, 4},     {5, 28, 8},     {63, 32, 64},   {64, 36, 60},
                           {65, 96, 132}, {127, 100, 28}, {131, 192, 100}};

struct Weights {
  Values up, up_bias, gamma, beta, down, down_bias;
};

Weights random_weights(const Size& size) {
  Weights w{random_values({size.channels, 8}, 2),
            random_values({size.channels}, 3),
            random_values({size.channels}, 4),
            random_values({size.channels}, 5),
            random_values({size.columns, size.channels}, 6),
            random_values({size.columns}, 7)};
  // Halves, so that fp16 weights are the same weights.
  for (Values* values : {&w.up, &w.down}) {
    for (float& value : values->data) value = std::round(value * 512.0f) / 512.0f;
  }
  return w;
}

struct Result {
  Values y;
  std::size_t steps;
};

/// By `plan`, with moments left behind or not. `residual` moves the rows' means.
Result run(compute::Device& device, const Size& size, const Weights& weights, const Values& x,
           const Values& residual, LinearPlan plan, bool moments) {
  const bool by_matrix = plan.variant == Variant::coopmat;
  const Precision precision = by_matrix ? Precision::fp16 : Precision::fp32;
  const auto layout = weight_layout(plan.variant);
  compute::ConstantStore store(device);
  const auto up = upload_linear_as(layout, device, store, "up", size.channels, 8, weights.up.data,
                                   weights.up_bias.data, precision);
  const auto norm = compute::ops::upload_layer_norm(store, "norm", weights.gamma.data,
                                                    weights.beta.data, kEpsilon);
  const auto down = upload_linear_as(layout, device, store, "down", size.columns, size.channels,
                                     weights.down.data, weights.down_bias.data, precision);
  Result result;
  result.y = run_op(device, {x, residual}, [&](ProgramBuilder& p, const auto& in) {
    LinearPlan first = plan;
    first.moments = moments;
    const Tensor middle = linear_planned(p, in[0], up, Activation::none, &in[1], first);
    const Tensor y = norm_linear_planned(p, middle, norm, down, Activation::gelu, plan);
    result.steps = p.steps().size();
    return y;
  });
  return result;
}

std::vector<double> expected(const Size& size, const Weights& weights, const Values& x,
                             const Values& residual) {
  const auto rows = static_cast<std::size_t>(size.rows);
  const auto channels = static_cast<std::size_t>(size.channels);
  const auto middle = reference::linear(x.data, weights.up.data, weights.up_bias.data,
                                        residual.data, rows, channels, 8, Activation::none);
  const std::vector<float> rounded(middle.begin(), middle.end());
  const auto normal =
      reference::layer_norm(rounded, weights.gamma.data, weights.beta.data, kEpsilon);
  return reference::linear(std::vector<float>(normal.begin(), normal.end()), weights.down.data,
                           weights.down_bias.data, {}, rows, static_cast<std::size_t>(size.columns),
                           channels, Activation::gelu);
}

class NormLinearTest : public DeviceTest,
                       public ::testing::WithParamInterface<std::tuple<Variant, Size>> {};

TEST_P(NormLinearTest, OneStepGivesWhatTwoGive) {
  const auto& [variant, size] = GetParam();
  std::string why_not;
  if (!can_run(device(), variant, &why_not)) GTEST_SKIP() << why_not;
  const Weights weights = random_weights(size);
  const Values x = random_values({size.rows, 8}, 1);
  const Values residual = random_values({size.rows, size.channels}, 8);
  const LinearPlan plan{variant};
  const Result folded = run(device(), size, weights, x, residual, plan, true);
  const Result apart = run(device(), size, weights, x, residual, plan, false);
  EXPECT_EQ(folded.steps, 2u);
  EXPECT_EQ(apart.steps, 3u);
  // A normalised row has squares that sum to C: gamma and weights below 1 make sums of some
  // sqrt(C) / 3, good to a few 2^-24 of C terms; with matrices each factor is a half.
  const double depth = static_cast<double>(size.channels);
  const double tolerance = variant == Variant::coopmat
                               ? 6.0 * std::ldexp(0.58 * std::sqrt(depth) + 4.0, -10)
                               : std::ldexp(4.0 * depth + 64.0, -24);
  expect_close(folded.y.data, expected(size, weights, x, residual), tolerance);
  expect_close(apart.y.data, expected(size, weights, x, residual), tolerance);
}

// Sums of squares would lose all of the variance here: 1 beside a mean of 1,000 is 2^-20 of it.
TEST_P(NormLinearTest, AMeanFarFromZeroCostsNoMoreThanApart) {
  const auto& [variant, size] = GetParam();
  if (variant != Variant::portable) GTEST_SKIP() << "halves in between hide it";
  const Weights weights = random_weights(size);
  const Values x = random_values({size.rows, 8}, 1);
  Values residual = random_values({size.rows, size.channels}, 8);
  for (float& value : residual.data) value += 1000.0f;
  const Result folded = run(device(), size, weights, x, residual, {variant}, true);
  // Values near 1,000 are good to 2^-15 at best, of a deviation of about one; and a mean to as
  // much.
  const double tolerance = std::ldexp(static_cast<double>(size.channels) + 16.0, -14);
  expect_close(folded.y.data, expected(size, weights, x, residual), tolerance);
}

std::string name_of(const ::testing::TestParamInfo<NormLinearTest::ParamType>& info) {
  const auto& [variant, size] = info.param;
  return name(variant) + "_" + std::to_string(size.rows) + "x" + std::to_string(size.channels) +
         "x" + std::to_string(size.columns);
}

INSTANTIATE_TEST_SUITE_P(Sizes, NormLinearTest,
                         ::testing::Combine(::testing::Values(Variant::portable, Variant::coopmat),
                                            ::testing::ValuesIn(kSizes)),
                         name_of);

class NormLinearOp : public DeviceTest {};

// Depth 19 is no multiple of four, and parts of a sum have no moments yet.
TEST_F(NormLinearOp, IsTwoStepsWhereNothingWasLeftBehind) {
  for (const LinearPlan plan :
       {LinearPlan{Variant::portable}, LinearPlan{Variant::portable, 64, 64, 2}}) {
    const bool odd = plan.splits == 1;
    const std::int64_t channels = odd ? 19 : 32;
    const Values weight = random_values({channels, 32}, 1),
                 ones{{channels}, std::vector<float>(static_cast<std::size_t>(channels), 1.0f)};
    compute::ConstantStore store(device());
    const auto up =
        upload_linear(device(), store, "up", channels, 32, weight.data, {}, Precision::fp32);
    const auto norm =
        compute::ops::upload_layer_norm(store, "norm", ones.data, ones.data, kEpsilon);
    const auto down = upload_linear(device(), store, "down", 4, channels,
                                    random_values({4, channels}, 2).data, {}, Precision::fp32);
    const Values x = random_values({3, 32}, 3), residual = random_values({3, channels}, 4);
    run_op(device(), {x, residual}, [&](ProgramBuilder& p, const auto& in) {
      LinearPlan first = plan;
      first.moments = can_fold_norm(up, plan);
      EXPECT_EQ(first.moments, !odd);
      const Tensor middle = linear_planned(p, in[0], up, Activation::none, &in[1], first);
      EXPECT_FALSE(p.companion_of(middle));
      return norm_linear_planned(p, middle, norm, down, Activation::none, {Variant::portable});
    });
  }
}

}  // namespace
}  // namespace fovea::test
