// SPDX-License-Identifier: Apache-2.0
// A search that keeps to its time, by a clock that the test turns.
#include "compute/tune_budget.hpp"

#include <gtest/gtest.h>

namespace fovea::compute {
namespace {

class TuneBudgetTest : public testing::Test {
 protected:
  TuneBudget budget(double seconds) {
    return {seconds, &stop_, [this] { return now_; }};
  }
  /// Work that takes so long; whether there was time for it.
  bool spend(TuneBudget& budget, double seconds) {
    return budget.spend([&] {
      now_ += std::chrono::duration_cast<TuneBudget::Clock::duration>(
          std::chrono::duration<double>(seconds));
      ++done_;
    });
  }

  TuneBudget::Clock::time_point now_;
  std::atomic<bool> stop_{false};
  int done_ = 0;
};

TEST_F(TuneBudgetTest, BeginsOnlyWhatWouldEndInTime) {
  TuneBudget two = budget(2);
  EXPECT_TRUE(spend(two, 0.5));
  EXPECT_TRUE(spend(two, 0.25));
  EXPECT_TRUE(spend(two, 0.5));
  EXPECT_FALSE(two.is_over());
  EXPECT_TRUE(spend(two, 0.5)) << "0.75 s are left, the slowest took 0.5";
  EXPECT_FALSE(spend(two, 0.25)) << "0.25 s are left";
  EXPECT_FALSE(two.is_over());
  EXPECT_EQ(done_, 4);
}

TEST_F(TuneBudgetTest, TheFirstStepIsTakenOnTrust) {
  TuneBudget two = budget(2);
  EXPECT_TRUE(spend(two, 5));
  EXPECT_TRUE(two.is_over());
  EXPECT_FALSE(spend(two, 0));
}

TEST_F(TuneBudgetTest, NoTimeAndAStopBeginNothing) {
  TuneBudget none = budget(0);
  EXPECT_FALSE(spend(none, 0));
  TuneBudget two = budget(2);
  EXPECT_TRUE(spend(two, 0.1));
  stop_ = true;
  EXPECT_TRUE(two.is_over());
  EXPECT_FALSE(spend(two, 0.1));
  EXPECT_EQ(done_, 1);
}

}  // namespace
}  // namespace fovea::compute
