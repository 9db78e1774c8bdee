// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/logit_difference.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace fovea::pipeline {
namespace {

using Logits = std::vector<float>;

TEST(LogitCounter, WorkedByHand) {
  LogitCounter counter;
  // Same answer, class 1; the truth is 1. Then 0 becomes 2; the truth is 2.
  EXPECT_FALSE(counter.add(Logits{0, 4, 3}, Logits{0, 5, 3}, 1));
  EXPECT_TRUE(counter.add(Logits{2, 0, 1}, Logits{1, 0, 2}, 2));
  EXPECT_FALSE(counter.add(Logits{1, 0, 0}, Logits{1, 0, 0}, {}));
  const LogitDifference found = counter.result();
  EXPECT_EQ(found.pictures, 3u);
  EXPECT_EQ(found.changed, 1u);
  EXPECT_DOUBLE_EQ(found.changed_share(), 1.0 / 3);
  EXPECT_EQ(found.known, 2u);
  EXPECT_EQ(found.right_before, 1u);
  EXPECT_EQ(found.right_after, 2u);
  EXPECT_DOUBLE_EQ(found.max_abs, 1.0);
  EXPECT_DOUBLE_EQ(found.mean_abs, 3.0 / 9);
  EXPECT_DOUBLE_EQ(found.mean_range, (4.0 + 2 + 1) / 3);
  const double first = (4 * 5 + 3 * 3) / std::sqrt(25.0 * 34), second = (2 * 1 + 1 * 2) / 5.0;
  EXPECT_DOUBLE_EQ(found.mean_cosine, (first + second + 1) / 3);
  EXPECT_DOUBLE_EQ(found.min_cosine, second);
}

TEST(LogitCounter, EqualLogitsDifferInNothing) {
  LogitCounter counter;
  for (int i = 0; i < 5; ++i) counter.add(Logits{-1, 3, 2}, Logits{-1, 3, 2}, i);
  const LogitDifference found = counter.result();
  EXPECT_EQ(found.changed, 0u);
  EXPECT_EQ(found.max_abs, 0.0);
  EXPECT_DOUBLE_EQ(found.mean_cosine, 1.0);
  EXPECT_EQ(found.right_before, 1u);
}

TEST(LogitCounter, OfNothing) {
  const LogitDifference found = LogitCounter().result();
  EXPECT_EQ(found.pictures, 0u);
  EXPECT_EQ(found.changed_share(), 0.0);
  EXPECT_EQ(found.mean_abs, 0.0);
}

TEST(LogitCounter, TakesLogitsOfZero) {
  LogitCounter counter;
  counter.add(Logits{0, 0}, Logits{0, 0}, {});
  EXPECT_EQ(counter.result().min_cosine, 1.0);
  counter.add(Logits{0, 0}, Logits{1, 0}, {});
  EXPECT_EQ(counter.result().min_cosine, 0.0);
}

}  // namespace
}  // namespace fovea::pipeline
