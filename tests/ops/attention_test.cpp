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
using compute::ops::Variant;

struct Size {
  std::int64_t batch, tokens, heads, dim;
};
constexpr Size kSizes[] = {{1, 1, 1, 8},    {1, 2, 1, 1},    {2, 13, 3, 24},  {1, 15, 2, 55},
                           {1, 16, 2, 64},  {1, 17, 2, 64},  {3, 31, 1, 32},  {1, 32, 1, 33},
                           {1, 33, 1, 128}, {2, 65, 2, 80},  {1, 127, 2, 55}, {1, 128, 2, 16},
                           {1, 129, 1, 96}, {1, 197, 3, 64}, {1, 257, 1, 80}, {1, 70, 1, 127}};
/// How many steps of 4 * lanes keys a chunk has; 0 is what plan_attention picks.
constexpr int kChunks[] = {0, 1, 2};

class AttentionTest : public DeviceTest,
                      public ::testing::WithParamInterface<std::tuple<Variant, Size, int>> {
 protected:
  AttentionPlan plan(std::int64_t tokens) {
    const auto& [variant, size, chunk] = GetParam();
    AttentionPlan plan = plan_attention(device(), variant, tokens);
    if (variant == Variant::subgroup && chunk > 0) {
      plan.chunk = static_cast<std::uint32_t>(chunk) * 4 * device().limits().subgroup_size;
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
                                            ::testing::Values(0)),
                         name_of_attention);

}  // namespace
}  // namespace fovea::test
