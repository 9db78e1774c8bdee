// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/slots.hpp"

#include <future>

#include <gmock/gmock.h>

namespace fovea::pipeline {
namespace {

using namespace std::chrono_literals;

Queued frame(std::uint64_t number) {
  Queued item;
  item.frame = number;
  item.shot.captured = Slots::Clock::now();
  return item;
}

struct SlotsTest : testing::Test {
  static std::vector<QueueOptions> queues(Policy policy, std::size_t room, std::size_t count) {
    return std::vector<QueueOptions>(count, QueueOptions{policy, room, {}, 0});
  }
  bool put(Slots& slots, std::size_t source, std::uint64_t number) {
    return slots.put(source, frame(number), cancel, waits);
  }
  Cancel cancel{false};
  std::atomic<bool> waits{false};
};

TEST_F(SlotsTest, AFullBatchDoesNotWait) {
  const auto options = queues(Policy::newest, 1, 2);
  Slots slots(options);
  put(slots, 0, 0);
  put(slots, 1, 0);
  EXPECT_EQ(slots.take({2, 1h}).size(), 2u);
}

TEST_F(SlotsTest, AllRoomsFilledIsABatchToo) {
  const auto options = queues(Policy::newest, 1, 2);
  Slots slots(options);
  put(slots, 0, 0);
  put(slots, 1, 0);
  EXPECT_EQ(slots.take({8, 1h}).size(), 2u);
}

TEST_F(SlotsTest, NobodyWaitsForASourceThatHasEnded) {
  const auto options = queues(Policy::newest, 1, 2);
  Slots slots(options);
  slots.end(1);
  put(slots, 0, 0);
  EXPECT_EQ(slots.take({8, 1h}).size(), 1u);
}

TEST_F(SlotsTest, TheWaitForOthersEnds) {
  const auto options = queues(Policy::newest, 1, 2);
  Slots slots(options);
  put(slots, 0, 0);
  EXPECT_EQ(slots.take({8, 1ms}).size(), 1u);
}

TEST_F(SlotsTest, ItIsOverWhenAllHaveEndedAndNothingIsLeft) {
  const auto options = queues(Policy::all, 2, 2);
  Slots slots(options);
  put(slots, 0, 0);
  slots.end(0);
  slots.end(1);
  EXPECT_EQ(slots.take({8, 1h}).size(), 1u);
  EXPECT_TRUE(slots.take({8, 1h}).empty());
}

TEST_F(SlotsTest, WithoutRoomASourceWaitsUntilOneIsTaken) {
  const auto options = queues(Policy::all, 1, 1);
  Slots slots(options);
  put(slots, 0, 0);
  auto second = std::async(std::launch::async, [&] { return put(slots, 0, 1); });
  EXPECT_EQ(slots.take({1, 0ms}).at(0).item.frame, 0u);
  EXPECT_EQ(slots.take({1, 0ms}).at(0).item.frame, 1u);
  EXPECT_TRUE(second.get());
}

TEST_F(SlotsTest, CancellingWakesWhoWaitsForRoom) {
  const auto options = queues(Policy::all, 1, 1);
  Slots slots(options);
  put(slots, 0, 0);
  auto second = std::async(std::launch::async, [&] { return put(slots, 0, 1); });
  cancel = true;
  slots.wake();
  EXPECT_FALSE(second.get());
  EXPECT_EQ(slots.drops(0)[static_cast<std::size_t>(DropReason::stop)], 1u);
}

TEST_F(SlotsTest, ClosingWakesEverybodyAndCountsWhatIsLost) {
  const auto options = queues(Policy::all, 1, 2);
  Slots slots(options);
  put(slots, 0, 0);
  auto second = std::async(std::launch::async, [&] { return put(slots, 0, 1); });
  slots.close();
  EXPECT_FALSE(second.get());
  EXPECT_TRUE(slots.take({8, 1h}).empty());
  EXPECT_FALSE(put(slots, 1, 0));
  EXPECT_EQ(slots.drops(0)[static_cast<std::size_t>(DropReason::stop)], 2u);
  EXPECT_EQ(slots.drops(1)[static_cast<std::size_t>(DropReason::stop)], 1u);
}

}  // namespace
}  // namespace fovea::pipeline
