// SPDX-License-Identifier: Apache-2.0
// The largest shapes: loops stay below what drivers cut off silently (65,535 iterations of an
// invocation), grids spill from x into another axis.
#include <cmath>
#include <vector>

#include "compute/ops/launch.hpp"
#include "tests/reference/attention.hpp"
#include "tests/reference/layer_norm.hpp"
#include "tests/reference/linear.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"
#include "tests/support/variants.hpp"

namespace fovea::test {
namespace {

using compute::ProgramBuilder;
using compute::ops::Activation;
using compute::ops::LinearPlan;
using compute::ops::Precision;
using compute::ops::Variant;

class LimitsTest : public DeviceTest, public ::testing::WithParamInterface<Variant> {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    if (!IsSkipped() && !HasFatalFailure() && !supports(device(), GetParam())) {
      GTEST_SKIP() << "no subgroup shuffle";
    }
  }
  LinearPlan linear_plan(std::uint32_t rows) const {
    return {GetParam(), GetParam() == Variant::subgroup ? rows : 64u};
  }
};

// Deeper than any published model (ViT-G: 8,192). A loop cut short would miss the tail, which
// carries most of the sum here.
TEST_P(LimitsTest, LinearReachesTheEndOf16384Depths) {
  constexpr std::int64_t kRows = 25, kColumns = 33, kDepth = 16384;
  Values x = random_values({kRows, kDepth}, 1, 0.01f);
  for (std::int64_t row = 0; row < kRows; ++row) {
    for (std::int64_t k = kDepth - 64; k < kDepth; ++k) {
      x.data[static_cast<std::size_t>(row * kDepth + k)] = 1.0f;
    }
  }
  Values weight = random_values({kColumns, kDepth}, 2);
  for (float& value : weight.data) value = std::fabs(value);
  compute::ConstantStore store(device());
  const auto w =
      upload_linear(device(), store, "w", kColumns, kDepth, weight.data, {}, Precision::fp32);
  for (const std::uint32_t rows : {8u, 24u}) {
    const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
      return linear_planned(p, in[0], w, Activation::none, nullptr, linear_plan(rows));
    });
    // The tail sums 64 terms to about 32; roundings of 2^-24 of that, some hundred times.
    expect_close(
        y.data,
        reference::linear(x.data, weight.data, {}, {}, kRows, kColumns, kDepth, Activation::none),
        5e-4);
  }
}

TEST_P(LimitsTest, AttentionSeesTheLastOf5200Keys) {
  constexpr std::int64_t kTokens = 5200, kDim = 128;
  Values qkv = random_values({1, kTokens, 3 * kDim}, 3);
  // The last key answers every query, the last value is unlike all others.
  for (std::int64_t d = 0; d < kDim; ++d) {
    for (std::int64_t t = 0; t < kTokens; ++t) {
      qkv.data[static_cast<std::size_t>(t * 3 * kDim + d)] += 1.0f;
    }
    qkv.data[static_cast<std::size_t>(((kTokens - 1) * 3 + 1) * kDim + d)] = 0.5f;
    qkv.data[static_cast<std::size_t>(((kTokens - 1) * 3 + 2) * kDim + d)] = 100.0f;
  }
  const Values y = run_op(device(), {qkv}, [&](ProgramBuilder& p, const auto& in) {
    return attention_planned(p, in[0], 1, plan_attention(p.device(), GetParam(), kTokens));
  });
  for (const std::size_t token : {0u, 1u, 15u, 16u, 2600u, 5183u, 5184u, 5199u}) {
    const auto expected = reference::attention_row(qkv.data, kTokens, 1, kDim, 0, token, 0);
    const std::vector<float> actual(
        y.data.begin() + static_cast<std::ptrdiff_t>(token * kDim),
        y.data.begin() + static_cast<std::ptrdiff_t>((token + 1) * kDim));
    EXPECT_GT(expected[0], 1.0);  // so the last key matters
    // Weights to some 1e-6 of themselves, on a value of 100.
    expect_close(actual, expected, 2e-4);
  }
}

// As on a GPU with hundreds of processors and one head to share.
TEST_P(LimitsTest, AttentionInPartsSeesTheLastOf5200Keys) {
  if (GetParam() == Variant::subgroup) GTEST_SKIP() << "that kernel does not split keys";
  constexpr std::int64_t kTokens = 5200, kDim = 128;
  Values qkv = random_values({1, kTokens, 3 * kDim}, 3);
  for (std::int64_t d = 0; d < kDim; ++d) {
    qkv.data[static_cast<std::size_t>(d)] = 1.5f;
    qkv.data[static_cast<std::size_t>(((kTokens - 1) * 3 + 1) * kDim + d)] = 0.5f;
    qkv.data[static_cast<std::size_t>(((kTokens - 1) * 3 + 2) * kDim + d)] = 100.0f;
  }
  compute::ops::AttentionPlan plan = plan_attention(device(), GetParam(), kTokens);
  plan.chunk = 40 * 32;  // four parts and a short one
  const Values y = run_op(device(), {qkv}, [&](ProgramBuilder& p, const auto& in) {
    return attention_planned(p, in[0], 1, plan, 1);
  });
  const auto expected = reference::attention_row(qkv.data, kTokens, 1, kDim, 0, 0, 0);
  EXPECT_GT(expected[0], 1.0);
  expect_close(y.data, expected, 2e-4);
}

TEST_P(LimitsTest, LinearTakesMoreRowsThanOneAxisOfGroups) {
  const LinearPlan plan = linear_plan(8);
  const std::int64_t rows = std::int64_t{65535} * plan.rows + 3;
  const Values x = random_values({rows, 1}, 1);
  const std::vector<float> weight{0.5f, -2.0f}, bias{0.25f, 1.0f};
  compute::ConstantStore store(device());
  const auto w = upload_linear(device(), store, "w", 2, 1, weight, bias, Precision::fp32);
  const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
    return linear_planned(p, in[0], w, Activation::none, nullptr, plan);
  });
  expect_close(y.data,
               reference::linear(x.data, weight, bias, {}, static_cast<std::size_t>(rows), 2, 1,
                                 Activation::none),
               5e-7);
}

TEST_P(LimitsTest, LayerNormTakesMoreRowsThanOneAxisOfGroups) {
  const Values x = random_values({65535 + 7, 3}, 1);
  const std::vector<float> gamma{1.0f, 2.0f, 3.0f}, beta{0.0f, 1.0f, -1.0f};
  compute::ConstantStore store(device());
  const auto w = compute::ops::upload_layer_norm(store, "norm", gamma, beta, 1e-2f);
  const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
    return layer_norm_variant(p, in[0], w, GetParam());
  });
  expect_close(y.data, reference::layer_norm(x.data, gamma, beta, 1e-2f), 5e-6);
}

TEST_P(LimitsTest, AttentionTakesMoreSequencesThanOneAxisOfGroups) {
  constexpr std::int64_t kBatch = 16400, kHeads = 4;
  const Values qkv = random_values({kBatch, 2, 3 * kHeads}, 1);
  const Values y = run_op(device(), {qkv}, [&](ProgramBuilder& p, const auto& in) {
    return attention_planned(p, in[0], kHeads, plan_attention(p.device(), GetParam(), 2));
  });
  expect_close(y.data, reference::attention(qkv.data, kBatch, 2, kHeads, 1), 2e-6);
}

std::string name_of_limits(const ::testing::TestParamInfo<LimitsTest::ParamType>& info) {
  return name(info.param);
}

INSTANTIATE_TEST_SUITE_P(Variants, LimitsTest,
                         ::testing::Values(Variant::subgroup, Variant::portable), name_of_limits);

class SplitGroupsTest : public DeviceTest {};

TEST_F(SplitGroupsTest, CoverEveryCountWithoutPassingALimit) {
  const std::int64_t max_x = device().limits().max_groups_x;
  for (const std::int64_t count :
       {std::int64_t{1}, max_x - 1, max_x, max_x + 1, 2 * max_x, 2 * max_x + 1, 1000 * max_x - 1}) {
    const auto groups = compute::ops::split_groups(device(), "test", count);
    EXPECT_LE(groups[0], max_x);
    EXPECT_LE(groups[1], 65535u);
    EXPECT_GE(std::int64_t{groups[0]} * groups[1], count);
    EXPECT_LT(std::int64_t{groups[0]} * groups[1] - count, groups[1]) << "a line is wasted";
  }
}

}  // namespace
}  // namespace fovea::test
