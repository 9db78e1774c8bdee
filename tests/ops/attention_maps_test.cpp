// SPDX-License-Identifier: Apache-2.0
// attention_rows, rollout, rollout_step, gather_tokens.
#include "compute/ops/attention_maps.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/reference/attention.hpp"
#include "tests/reference/gather_tokens.hpp"
#include "tests/reference/rollout_step.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"

namespace fovea::test {
namespace {

using compute::ProgramBuilder;
using compute::Shape;
using compute::ops::HeadChoice;
using compute::ops::HeadMerge;
namespace ops = compute::ops;

// Weights are at most 1 and good to a few units of 2^-24 (exp, scores of a few).
constexpr double kTolerance = 2e-6;

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

struct Case {
  std::int64_t batch, tokens, heads, dim, queries;
};

/// Rows of all images, heads of `choice` and tokens of `asked` [B, Q], by the formula.
std::vector<double> rows_by_formula(const Values& qkv, const Case& of, const Indices& asked,
                                    const HeadChoice& choice) {
  const std::int64_t heads = choice.count > 0 ? choice.count : of.heads - choice.first;
  const bool each = choice.merge == HeadMerge::none;
  std::vector<double> all;
  for (std::int64_t b = 0; b < of.batch; ++b) {
    for (std::int64_t group = 0; group < (each ? heads : 1); ++group) {
      for (std::int64_t q = 0; q < of.queries; ++q) {
        const auto token = size(asked.data[size(b * of.queries + q)]);
        std::vector<double> row(size(of.tokens), 0.0);
        for (std::int64_t n = 0; n < (each ? 1 : heads); ++n) {
          const auto weights =
              reference::attention_weights(qkv.data, size(of.tokens), size(of.heads), size(of.dim),
                                           size(b), token, size(choice.first + group + n));
          for (std::size_t j = 0; j < row.size(); ++j) {
            row[j] =
                choice.merge == HeadMerge::max ? std::max(row[j], weights[j]) : row[j] + weights[j];
          }
        }
        for (double& weight : row) {
          all.push_back(choice.merge == HeadMerge::mean ? weight / static_cast<double>(heads)
                                                        : weight);
        }
      }
    }
  }
  return all;
}

Indices random_tokens(const Shape& shape, std::int64_t below, unsigned seed) {
  std::mt19937 random(seed);
  Indices tokens{shape, std::vector<std::int32_t>(size(shape.element_count()))};
  for (std::int32_t& token : tokens.data) {
    token = static_cast<std::int32_t>(random() % static_cast<unsigned>(below));
  }
  return tokens;
}

class AttentionRowsTest : public DeviceTest, public ::testing::WithParamInterface<Case> {};

TEST_P(AttentionRowsTest, AreThoseOfTheFormula) {
  const Case of = GetParam();
  const Values qkv = random_values({of.batch, of.tokens, 3 * of.heads * of.dim}, 5, 2.0f);
  const Indices asked = random_tokens({of.batch, of.queries}, of.tokens, 6);
  const int last = static_cast<int>(of.heads) - 1;
  for (const HeadChoice choice :
       {HeadChoice{HeadMerge::none}, HeadChoice{HeadMerge::mean}, HeadChoice{HeadMerge::max},
        HeadChoice{HeadMerge::mean, last, 1}, HeadChoice{HeadMerge::none, last, 1}}) {
    const Values y = run_op(device(), {qkv}, {asked}, [&](ProgramBuilder& p, const auto& in) {
      return ops::attention_rows(p, in[0], static_cast<int>(of.heads), in[1], choice);
    });
    const std::int64_t heads = choice.count > 0 ? choice.count : of.heads;
    EXPECT_EQ(y.shape, choice.merge == HeadMerge::none
                           ? (Shape{of.batch, heads, of.queries, of.tokens})
                           : (Shape{of.batch, of.queries, of.tokens}));
    expect_close(y.data, rows_by_formula(qkv, of, asked, choice), kTolerance);
  }
}

TEST_P(AttentionRowsTest, OfTokensInARowNeedNoList) {
  const Case of = GetParam();
  const std::int64_t first = of.tokens - of.queries;
  const Values qkv = random_values({of.batch, of.tokens, 3 * of.heads * of.dim}, 7, 2.0f);
  Indices asked{{of.batch, of.queries}, {}};
  for (std::int64_t i = 0; i < of.batch * of.queries; ++i) {
    asked.data.push_back(static_cast<std::int32_t>(first + i % of.queries));
  }
  const Values y = run_op(device(), {qkv}, [&](ProgramBuilder& p, const auto& in) {
    return ops::attention_rows(p, in[0], static_cast<int>(of.heads), first, of.queries, {});
  });
  expect_close(y.data, rows_by_formula(qkv, of, asked, {}), kTolerance);
}

// Few head sizes: each is four kernels, which software devices take their time to compile.
constexpr Case kCases[] = {{1, 1, 1, 24, 1},   {2, 13, 3, 24, 2},  {1, 7, 2, 55, 7},
                           {2, 127, 2, 55, 1}, {1, 197, 3, 64, 9}, {3, 33, 1, 128, 8},
                           {1, 257, 5, 24, 17}};

INSTANTIATE_TEST_SUITE_P(Sizes, AttentionRowsTest, ::testing::ValuesIn(kCases),
                         [](const auto& test) {
                           const Case& of = test.param;
                           return "b" + std::to_string(of.batch) + "t" + std::to_string(of.tokens) +
                                  "h" + std::to_string(of.heads) + "d" + std::to_string(of.dim) +
                                  "q" + std::to_string(of.queries);
                         });

class AttentionMapsTest : public DeviceTest {};

// Scores of some +-2,000: exp without the maximum subtracted would overflow.
TEST_F(AttentionMapsTest, RowsSurviveLargeScores) {
  constexpr Case kCase{1, 65, 2, 32, 5};
  const Values qkv = random_values({1, 65, 3 * 64}, 8, 40.0f);
  const Indices asked = random_tokens({1, 5}, 65, 9);
  const Values y = run_op(device(), {qkv}, {asked}, [](ProgramBuilder& p, const auto& in) {
    return ops::attention_rows(p, in[0], 2, in[1], {HeadMerge::none});
  });
  // A score of 2,000 rounds by 1e-4, and so does the weight's share.
  expect_close(y.data, rows_by_formula(qkv, kCase, asked, {HeadMerge::none}), 2e-3);
}

// The largest sequence of a detector, and more: loops stay below what drivers cut off silently.
TEST_F(AttentionMapsTest, RowsReachTheLastOf16384Tokens) {
  constexpr Case kCase{1, 16384, 2, 4, 1};
  Values qkv = random_values({1, 16384, 3 * 8}, 10);
  for (std::size_t c = 0; c < 8; ++c) {
    qkv.data[16383 * 24 + 8 + c] = 4.0f;  // the last token's key answers the query
    qkv.data[5 * 24 + c] = 1.5f;
  }
  const Indices asked{{1, 1}, {5}};
  for (const HeadMerge merge : {HeadMerge::none, HeadMerge::max}) {
    const Values y = run_op(device(), {qkv}, {asked}, [&](ProgramBuilder& p, const auto& in) {
      return ops::attention_rows(p, in[0], 2, in[1], {merge});
    });
    EXPECT_GT(y.data.back(), 0.5f);
    // Sums of 16,384 terms, by up to 2,048 in each lane.
    expect_close(y.data, rows_by_formula(qkv, kCase, asked, {merge}), 1e-5);
  }
}

TEST_F(AttentionMapsTest, RolloutStepIsTheFormula) {
  struct Step {
    std::int64_t batch, queries, tokens, first, count;
    float keep;
  };
  for (const Step& of : {Step{1, 1, 1, 0, 1, 0.5f}, Step{2, 3, 13, 0, 13, 0.5f},
                         Step{1, 2, 257, 200, 57, 1.0f}, Step{3, 1, 127, 4, 1, 1.0f}}) {
    const Values base = random_values({of.batch, of.queries, of.tokens}, 1);
    const Values r = random_values({of.batch, of.queries, of.tokens}, 2);
    const Values a = random_values({of.batch, of.count, of.tokens}, 3);
    const Values y = run_op(device(), {base, r, a}, [&](ProgramBuilder& p, const auto& in) {
      return ops::rollout_step(p, in[0], of.keep, in[1], of.first, in[2]);
    });
    // Sums of up to 57 products below 1, each rounded by 2^-24.
    expect_close(y.data,
                 reference::rollout_step(base.data, of.keep, r.data, a.data,
                                         {size(of.batch), size(of.queries), size(of.tokens),
                                          size(of.first), size(of.count)}),
                 4e-6);
  }
}

// More tokens than are held at a time, so that the parts' seams are crossed.
TEST_F(AttentionMapsTest, RolloutIsRowsTimesTheMixedMatrix) {
  constexpr std::int64_t kBatch = 2, kTokens = 517, kHeads = 2, kDim = 4, kQueries = 2;
  const Values qkv = random_values({kBatch, kTokens, 3 * kHeads * kDim}, 4, 2.0f);
  Values r = random_values({kBatch, kQueries, kTokens}, 5);
  for (float& value : r.data) value = (value + 1) / kTokens;  // about 1 in all, as weights are
  const Values y = run_op(device(), {qkv, r}, [](ProgramBuilder& p, const auto& in) {
    return ops::rollout(p, in[0], kHeads, in[1]);
  });
  Indices all{{kBatch, kTokens}, std::vector<std::int32_t>(size(kBatch * kTokens))};
  for (std::size_t i = 0; i < all.data.size(); ++i) {
    all.data[i] = static_cast<std::int32_t>(i % size(kTokens));
  }
  const auto exact =
      rows_by_formula(qkv, {kBatch, kTokens, kHeads, kDim, kTokens}, all, {HeadMerge::mean});
  const std::vector<float> a(exact.begin(), exact.end());
  expect_close(
      y.data,
      reference::rollout_step(r.data, 0.5, r.data, a,
                              {size(kBatch), size(kQueries), size(kTokens), 0, size(kTokens)}),
      1e-6);
}

TEST_F(AttentionMapsTest, GatherTokensCopiesRows) {
  for (const auto& [batch, tokens, channels] :
       {std::array<std::int64_t, 3>{1, 1, 1}, {2, 13, 24}, {1, 197, 127}}) {
    const Values x = random_values({batch, tokens, channels}, 1);
    const Indices list = random_tokens({3, 5}, batch * tokens, 2);
    const Values y = run_op(device(), {x}, {list}, [](ProgramBuilder& p, const auto& in) {
      return ops::gather_tokens(p, in[0], in[1]);
    });
    EXPECT_EQ(y.shape, (Shape{3, 5, channels}));
    expect_close(y.data, reference::gather_tokens(x.data, size(channels), list.data), 0.0);
  }
}

TEST_F(AttentionMapsTest, RefusalsSayWhatIsWrong) {
  ProgramBuilder p(device(), "test");
  const auto qkv = p.input("qkv", {{2, 17, 72}});
  const auto asked = p.input("asked", {{1, 4}, compute::DType::i32});
  EXPECT_EQ(error_text([&] { ops::attention_rows(p, qkv, 5, 0, 1, {}); }),
            "attention_rows: 72 channels are not 3 x 5 heads\n"
            "  where: qkv [2, 17, 72], 5 heads\n"
            "  fix:   use a number of heads that divides the channels");
  EXPECT_EQ(error_text([&] {
              ops::attention_rows(p, qkv, 3, 0, 1, {HeadMerge::mean, 3});
            }),
            "attention_rows: there are no 0 heads from 3 on\n"
            "  where: qkv [2, 17, 72], 3 heads\n"
            "  fix:   choose among heads 0 to 2");
  EXPECT_EQ(error_text([&] { ops::attention_rows(p, qkv, 3, 10, 8, {}); }),
            "attention_rows: there are no 8 tokens from 10 on\n"
            "  where: qkv [2, 17, 72]\n"
            "  fix:   ask for tokens 0 to 16");
  EXPECT_EQ(error_text([&] { ops::attention_rows(p, qkv, 3, asked, {}); }),
            "attention_rows: the tokens asked for are i32 [1, 4], not i32 [2, Q]\n"
            "  where: qkv [2, 17, 72]\n"
            "  fix:   give a list of tokens for each image");
  const auto wide = p.input("wide", {{1, 2, 3 * 129}});
  EXPECT_EQ(error_text([&] { ops::attention_rows(p, wide, 1, 0, 1, {}); }),
            "attention_rows: 129 channels a head, at most 128 are supported\n"
            "  where: qkv [1, 2, 387], 1 heads\n"
            "  fix:   use a model with more heads");
  const auto many = p.input("many", {{1, 2, 3 * 65}});
  EXPECT_EQ(error_text([&] { ops::attention_rows(p, many, 65, 0, 1, {}); }),
            "attention_rows: 65 heads to merge, at most 64 are supported\n"
            "  where: qkv [1, 2, 195], 65 heads\n"
            "  fix:   ask for single heads");
  const auto r = p.input("r", {{2, 1, 16}});
  EXPECT_EQ(error_text([&] { ops::rollout_step(p, r, 0.5f, r, 0, qkv); }),
            "rollout_step: the shapes do not fit each other\n"
            "  where: base [2, 1, 16], r [2, 1, 16], a [2, 17, 72], rows from 0 on\n"
            "  fix:   give base and r [B, Q, T] and rows a [B, N, T] of the same T tokens");
  EXPECT_EQ(error_text([&] { ops::gather_tokens(p, qkv, r); }),
            "gather_tokens: the tokens are f32 [2, 1, 16], not i32 [M, K]\n"
            "  where: x [2, 17, 72]\n"
            "  fix:   give a list of rows for each sequence");
}

}  // namespace
}  // namespace fovea::test
