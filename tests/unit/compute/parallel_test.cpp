// SPDX-License-Identifier: Apache-2.0
#include "compute/parallel.hpp"

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fovea::compute {
namespace {

TEST(ParallelFor, CallsEachPartOnce) {
  for (const std::size_t count : {0u, 1u, 2u, 1000u}) {
    std::vector<std::atomic<int>> calls(count);
    parallel_for(count, [&](std::size_t i) { ++calls[i]; });
    for (const std::atomic<int>& each : calls) EXPECT_EQ(each, 1);
  }
}

TEST(ParallelFor, ThrowsWhatTheLowestPartThrew) {
  for (int round = 0; round < 50; ++round) {
    EXPECT_THAT(
        [] {
          parallel_for(64, [](std::size_t i) {
            if (i >= 3) throw std::runtime_error(std::to_string(i));
          });
        },
        testing::ThrowsMessage<std::runtime_error>("3"));
  }
}

TEST(ParallelFor, LeavesWhatWasNotBegunAfterAFailure) {
  std::atomic<std::size_t> calls = 0;
  EXPECT_THROW(parallel_for(1'000'000,
                            [&](std::size_t) {
                              ++calls;
                              throw std::runtime_error("no");
                            }),
               std::runtime_error);
  EXPECT_LT(calls, 1'000'000u);
}

}  // namespace
}  // namespace fovea::compute
