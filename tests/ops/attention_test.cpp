// SPDX-License-Identifier: Apache-2.0
#include "tests/reference/attention.hpp"

#include <string>
#include <tuple>

#include "compute/ops/launch.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"
#include "tests/support/variants.hpp"

namespace fovea::test {
namespace {

using compute::ProgramBuilder;
using compute::ops::AttentionPlan;
using compute::ops::Reads;
using compute::ops::Variant;

struct Size {
  std::int64_t batch, tokens, heads, dim;
};
constexpr Size kSizes[] = {{1, 1, 1, 8},    {1, 2, 1, 1},    {2, 13, 3, 24},  {1, 15, 2, 55},
                           {1, 16, 2, 64},  {1, 17, 2, 64},  {3, 31, 1, 32},  {1, 32, 1, 33},
                           {1, 33, 1, 128}, {2, 65, 2, 80},  {1, 127, 2, 55}, {1, 128, 2, 16},
                           {1, 129, 1, 96}, {1, 197, 3, 64}, {1, 257, 1, 80}, {1, 70, 1, 127}};
/// How many steps a chunk has, of 4 * lanes keys (subgroup; with 1, tensors are bound, with 2 read
/// as texels, else given by address) or of 32 (portable: then the keys are split); 0 is what
/// plan_attention picks.
constexpr int kChunks[] = {0, 1, 2};

class AttentionTest : public DeviceTest,
                      public ::testing::WithParamInterface<std::tuple<Variant, Size, int>> {
 protected:
  AttentionPlan plan(std::int64_t tokens) {
    const auto& [variant, size, chunk] = GetParam();
    AttentionPlan plan = plan_attention(device(), variant, tokens);
    plan.reads = chunk == 1 ? Reads::buffers : chunk == 2 ? Reads::texels : Reads::addresses;
    if (variant == Variant::subgroup && chunk > 0) {
      plan.chunk = static_cast<std::uint32_t>(chunk) * 4 * device().limits().subgroup_size;
    }
    if (variant == Variant::portable && chunk > 0) {
      plan.chunk = static_cast<std::uint32_t>(chunk) * 32;
    }
    return plan;
  }
  void compare(float scale, double tolerance) {
    const auto& [variant, size, chunk] = GetParam();
    const Values qkv =
        random_values({size.batch, size.tokens, 3 * size.heads * size.dim}, 5, scale);
    const Values y = run_op(device(), {qkv}, [&](ProgramBuilder& p, const auto& in) {
      return attention_planned(p, in[0], static_cast<int>(std::get<1>(GetParam()).heads),
                               plan(in[0].shape()[1]));
    });
    EXPECT_EQ(y.shape, (compute::Shape{size.batch, size.tokens, size.heads * size.dim}));
    expect_close(y.data,
                 reference::attention(qkv.data, static_cast<std::size_t>(size.batch),
                                      static_cast<std::size_t>(size.tokens),
                                      static_cast<std::size_t>(size.heads),
                                      static_cast<std::size_t>(size.dim)),
                 tolerance);
  }
  bool skip() { return !supports(device(), std::get<0>(GetParam())); }
};

TEST_P(AttentionTest, MatchesTheReference) {
  if (skip()) GTEST_SKIP() << "no subgroup shuffle";
  // Weights are good to a few units of 2^-24 (exp), values at most 1.
  compare(1.0f, 2e-6);
}

// Scores of up to some +-2,000: exp without the maximum subtracted would overflow.
TEST_P(AttentionTest, SurvivesLargeScores) {
  if (skip()) GTEST_SKIP() << "no subgroup shuffle";
  // A score of 2,000 rounds by 1e-4, and so do the weights and the values of up to 20.
  compare(20.0f, 2e-2);
}

std::string name_of_attention(const ::testing::TestParamInfo<AttentionTest::ParamType>& info) {
  const auto& [variant, size, chunk] = info.param;
  return name(variant) + "_b" + std::to_string(size.batch) + "t" + std::to_string(size.tokens) +
         "h" + std::to_string(size.heads) + "d" + std::to_string(size.dim) + "_chunk" +
         std::to_string(chunk);
}

INSTANTIATE_TEST_SUITE_P(Subgroup, AttentionTest,
                         ::testing::Combine(::testing::Values(Variant::subgroup),
                                            ::testing::ValuesIn(kSizes),
                                            ::testing::ValuesIn(kChunks)),
                         name_of_attention);

// Fewer head sizes: each is a kernel, and its barriers take software devices seconds to compile.
constexpr Size kPortableSizes[] = {{1, 1, 1, 64},   {3, 13, 2, 24},  {1, 15, 2, 55},
                                   {1, 17, 3, 64},  {2, 31, 2, 24},  {1, 33, 1, 128},
                                   {1, 127, 2, 55}, {1, 197, 3, 64}, {1, 257, 1, 128}};

INSTANTIATE_TEST_SUITE_P(Portable, AttentionTest,
                         ::testing::Combine(::testing::Values(Variant::portable),
                                            ::testing::ValuesIn(kPortableSizes),
                                            ::testing::ValuesIn(kChunks)),
                         name_of_attention);

/// Keys of a part; 0: all of them in one.
class MatrixAttentionTest : public DeviceTest,
                            public ::testing::WithParamInterface<std::tuple<Size, std::uint32_t>> {
 protected:
  void compare(float scale, double tolerance) {
    const auto& [size, part] = GetParam();
    std::string why_not;
    if (!can_run(device(), Variant::coopmat, &why_not)) GTEST_SKIP() << why_not;
    Values qkv = random_values({size.batch, size.tokens, 3 * size.heads * size.dim}, 5, scale);
    AttentionPlan plan{Variant::coopmat, 4 * device().limits().matrix.m,
                       part > 0 ? part : static_cast<std::uint32_t>(size.tokens), 0};
    const Values y = run_op(device(), {qkv}, [&](ProgramBuilder& p, const auto& in) {
      return attention_planned(p, in[0], static_cast<int>(std::get<0>(GetParam()).heads), plan);
    });
    EXPECT_EQ(y.shape, (compute::Shape{size.batch, size.tokens, size.heads * size.dim}));
    expect_close(y.data,
                 reference::attention(qkv.data, static_cast<std::size_t>(size.batch),
                                      static_cast<std::size_t>(size.tokens),
                                      static_cast<std::size_t>(size.heads),
                                      static_cast<std::size_t>(size.dim)),
                 tolerance);
  }
};

TEST_P(MatrixAttentionTest, MatchesTheReference) {
  // Values, weights and factors of scores are halves, off by at most 2^-11 of themselves. Values
  // and weights: 2 * 2^-11. Scores (q k / sqrt(D), below 3 in all but rare sums): sqrt(D) errors
  // of 2 * 2^-11 * 0.58 over sqrt(D), so 0.0006, and so are the weights relative to themselves.
  compare(1.0f, 2.5e-3);
}

// Scores of some +-200, more than exp would stand. q and k of up to 6 give scores an error of
// 6 * 6 * 0.58 * 2^-10 * a few; what stays exact is that each row is a mean of values.
TEST_P(MatrixAttentionTest, SurvivesLargeScores) { compare(6.0f, 0.6); }

std::string name_of_matrix_attention(
    const ::testing::TestParamInfo<MatrixAttentionTest::ParamType>& info) {
  const auto& [size, part] = info.param;
  return "b" + std::to_string(size.batch) + "t" + std::to_string(size.tokens) + "h" +
         std::to_string(size.heads) + "d" + std::to_string(size.dim) + "_part" +
         std::to_string(part);
}

// Each head size is a kernel, and a long one: as few as show every padding (D to 8 and to 16).
constexpr Size kMatrixSizes[] = {{1, 1, 1, 8},   {2, 13, 3, 24},  {1, 31, 2, 24}, {1, 33, 2, 55},
                                 {1, 32, 1, 55}, {1, 197, 3, 24}, {2, 65, 2, 55}};

INSTANTIATE_TEST_SUITE_P(Sizes, MatrixAttentionTest,
                         ::testing::Combine(::testing::ValuesIn(kMatrixSizes),
                                            ::testing::Values(0u, 32u, 64u)),
                         name_of_matrix_attention);
INSTANTIATE_TEST_SUITE_P(Wide, MatrixAttentionTest,
                         ::testing::Combine(::testing::Values(Size{1, 70, 1, 128}),
                                            ::testing::Values(0u, 32u)),
                         name_of_matrix_attention);

class AttentionQueriesTest : public DeviceTest, public ::testing::WithParamInterface<Variant> {};

TEST_P(AttentionQueriesTest, TheFirstRowsAreThoseOfAllRows) {
  if (!supports(device(), GetParam())) GTEST_SKIP() << "no subgroup shuffle";
  constexpr std::int64_t kBatch = 2, kTokens = 37, kHeads = 3, kDim = 24, kChannels = 72;
  const Values qkv = random_values({kBatch, kTokens, 3 * kChannels}, 5, 1.0f);
  const auto all = reference::attention(qkv.data, kBatch, kTokens, kHeads, kDim);
  for (const std::int64_t queries : {1, 2, 17, 37}) {
    const Values y = run_op(device(), {qkv}, [&](ProgramBuilder& p, const auto& in) {
      return attention_planned(p, in[0], kHeads, plan_attention(device(), GetParam(), kTokens),
                               queries);
    });
    ASSERT_EQ(y.shape, (compute::Shape{kBatch, queries, kChannels}));
    std::vector<double> expected;
    for (std::int64_t b = 0; b < kBatch; ++b) {
      const auto first = all.begin() + b * kTokens * kChannels;
      expected.insert(expected.end(), first, first + queries * kChannels);
    }
    expect_close(y.data, expected, 2e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, AttentionQueriesTest,
                         ::testing::Values(Variant::subgroup, Variant::portable),
                         [](const auto& test) { return name(test.param); });

}  // namespace
}  // namespace fovea::test
