// SPDX-License-Identifier: Apache-2.0
// The matching against every matching there is.
#include "vision/track/assignment.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace fovea::vision {
namespace {

/// Least sum over all matchings of pairs below `limit`, each worth cost - limit.
double best_sum(const std::vector<double>& costs, std::size_t rows, std::size_t cols, double limit,
                std::size_t row, std::vector<bool>& taken) {
  if (row == rows) return 0;
  double best = best_sum(costs, rows, cols, limit, row + 1, taken);  // this row stays alone
  for (std::size_t col = 0; col < cols; ++col) {
    const double cost = costs[row * cols + col];
    if (taken[col] || cost >= limit) continue;
    taken[col] = true;
    best = std::min(best, cost - limit + best_sum(costs, rows, cols, limit, row + 1, taken));
    taken[col] = false;
  }
  return best;
}

double checked_sum(const std::vector<double>& costs, std::size_t rows, std::size_t cols,
                   double limit) {
  const auto matched = match_rows(costs, rows, cols, limit);
  EXPECT_EQ(matched.size(), rows);
  std::set<std::size_t> used;
  double sum = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    if (matched[row] == kUnmatched) continue;
    EXPECT_LT(matched[row], cols);
    EXPECT_TRUE(used.insert(matched[row]).second) << "column " << matched[row] << " twice";
    EXPECT_LT(costs[row * cols + matched[row]], limit);
    sum += costs[row * cols + matched[row]] - limit;
  }
  return sum;
}

TEST(Assignment, EqualsEveryMatchingTried) {
  std::mt19937 random(7);
  std::uniform_int_distribution<std::size_t> size(0, 6);
  std::uniform_real_distribution<double> real(0, 1);
  for (int round = 0; round < 3000; ++round) {
    const std::size_t rows = size(random), cols = size(random);
    std::vector<double> costs(rows * cols);
    // Every third with many equal costs, every fifth with pairs that are out of the question.
    for (double& cost : costs) {
      cost = round % 3 == 0 ? std::floor(real(random) * 4) / 4 : real(random);
      if (round % 5 == 0 && real(random) < 0.4) cost = 10;
    }
    for (const double limit : {0.3, 0.8, 2.0}) {
      std::vector<bool> taken(cols, false);
      EXPECT_NEAR(checked_sum(costs, rows, cols, limit),
                  best_sum(costs, rows, cols, limit, 0, taken), 1e-9)
          << rows << " x " << cols << ", limit " << limit << ", round " << round;
    }
  }
}

TEST(Assignment, TheGreedyChoiceIsNotTheBestOne) {
  // Row 0 likes column 0 most, but then row 1 is left with nothing.
  EXPECT_EQ(match_rows(std::vector<double>{0.1, 0.2, 0.3, 0.9}, 2, 2, 0.8),
            (std::vector<std::size_t>{1, 0}));
}

TEST(Assignment, NobodyToMatchLeavesAllAlone) {
  EXPECT_TRUE(match_rows({}, 0, 5, 1).empty());
  EXPECT_EQ(match_rows({}, 2, 0, 1), (std::vector<std::size_t>{kUnmatched, kUnmatched}));
  EXPECT_EQ(match_rows(std::vector<double>{0.8}, 1, 1, 0.8), (std::vector<std::size_t>{kUnmatched}))
      << "a pair at the limit is none";
}

TEST(Assignment, HundredsAreMatchedToTheirOwn) {
  constexpr std::size_t kRows = 300, kCols = 280;
  std::vector<double> costs(kRows * kCols, 0.7);
  for (std::size_t row = 0; row < kRows; ++row) {
    if (const std::size_t own = row * 7 % kRows; own < kCols) costs[row * kCols + own] = 0.05;
  }
  const auto matched = match_rows(costs, kRows, kCols, 0.5);
  for (std::size_t row = 0; row < kRows; ++row) {
    const std::size_t own = row * 7 % kRows;
    EXPECT_EQ(matched[row], own < kCols ? own : kUnmatched);
  }
}

}  // namespace
}  // namespace fovea::vision
