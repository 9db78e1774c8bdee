// SPDX-License-Identifier: Apache-2.0
// Every expected number below was worked out by hand.
#include "pipeline/eval/score.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace fovea::pipeline {
namespace {

constexpr std::size_t kNone = ScoreCounter::kNoClass;

// truth: answers
//   a: a, a, a, b, outside      b: b, b, a      c: (no pictures)
Scores small_case() {
  ScoreCounter counter({"a", "b", "c"});
  const auto add = [&](std::size_t truth, std::vector<std::size_t> answers) {
    counter.add(truth, answers);
  };
  add(0, {0, 1, 2});
  add(0, {0});
  add(0, {0, 1});
  add(0, {1, 0});         // second guess right
  add(0, {kNone, 1, 2});  // not among the first five
  add(1, {1});
  add(1, {1});
  add(1, {0, kNone, kNone, kNone, kNone, 1});  // sixth does not count
  counter.add_failure();
  counter.add_failure();
  return counter.scores();
}

TEST(Score, CountsRightAnswersAndTopFive) {
  const Scores scores = small_case();
  EXPECT_EQ(scores.pictures, 8U);
  EXPECT_EQ(scores.failed, 2U);
  EXPECT_EQ(scores.right, 5U);
  EXPECT_EQ(scores.right_in_top5, 6U);
  EXPECT_DOUBLE_EQ(scores.top1, 5.0 / 8);
  EXPECT_DOUBLE_EQ(scores.top5, 6.0 / 8);
}

TEST(Score, ConfusionMatrixHasAColumnForOtherClasses) {
  const Scores scores = small_case();
  EXPECT_EQ(scores.confusion, (std::vector<std::uint64_t>{3, 1, 0, 1,  //
                                                          1, 2, 0, 0,  //
                                                          0, 0, 0, 0}));
}

TEST(Score, PerClassFigures) {
  const Scores scores = small_case();
  const ClassScore& a = scores.classes[0];
  EXPECT_EQ(a.pictures, 5U);
  EXPECT_EQ(a.answered, 4U);
  EXPECT_DOUBLE_EQ(a.recall, 3.0 / 5);
  EXPECT_DOUBLE_EQ(a.precision, 3.0 / 4);
  EXPECT_DOUBLE_EQ(a.f1, 2.0 / 3);  // 6 / 9, the harmonic mean of 3/5 and 3/4
  const ClassScore& b = scores.classes[1];
  EXPECT_DOUBLE_EQ(b.recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(b.precision, 2.0 / 3);
  const ClassScore& c = scores.classes[2];
  EXPECT_TRUE(std::isnan(c.recall));
  EXPECT_TRUE(std::isnan(c.precision));
  EXPECT_DOUBLE_EQ(scores.mean_recall, (3.0 / 5 + 2.0 / 3) / 2);
}

TEST(Score, NoPicturesGiveNoFigures) {
  const Scores scores = ScoreCounter({"a"}).scores();
  EXPECT_TRUE(std::isnan(scores.top1));
  EXPECT_EQ(scores.top1_interval.low, 0);
  EXPECT_EQ(scores.top1_interval.high, 1);
}

// Against R: prop.test(right, all, correct = FALSE)$conf.int.
TEST(Wilson, AgreesWithPublishedValues) {
  const Interval half = wilson_interval(5, 10);
  EXPECT_NEAR(half.low, 0.2365931, 1e-6);
  EXPECT_NEAR(half.high, 0.7634069, 1e-6);
  const Interval most = wilson_interval(81, 263);  // Newcombe (1998), table I: 0.2553 to 0.3662
  EXPECT_NEAR(most.low, 0.2553, 5e-5);
  EXPECT_NEAR(most.high, 0.3662, 5e-5);
  const Interval none = wilson_interval(0, 20);  // Newcombe: 0 to 0.1611
  EXPECT_NEAR(none.low, 0, 1e-12);
  EXPECT_NEAR(none.high, 0.1611, 5e-5);
}

TEST(TopConfusions, AreTheMostFrequentMistakes) {
  const auto top = top_confusions(small_case(), 2);
  ASSERT_EQ(top.size(), 2U);
  EXPECT_EQ(top[0].truth, 0U);
  EXPECT_EQ(top[0].answer, 1U);
  EXPECT_EQ(top[0].count, 1U);
  EXPECT_EQ(top[1].answer, 3U);  // outside
}

}  // namespace
}  // namespace fovea::pipeline
