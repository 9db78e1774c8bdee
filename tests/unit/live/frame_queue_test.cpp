// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/frame_queue.hpp"

#include <gmock/gmock.h>

namespace fovea::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const FrameQueue::Time kStart{1h};

Queued frame(std::uint64_t number, std::chrono::milliseconds captured) {
  Queued item;
  item.frame = number;
  item.shot.captured = kStart + captured;
  return item;
}

std::uint64_t dropped(const FrameQueue& queue, DropReason reason) {
  return queue.drops()[static_cast<std::size_t>(reason)];
}

std::vector<std::uint64_t> all_of(FrameQueue& queue, std::chrono::milliseconds now) {
  std::vector<std::uint64_t> frames;
  while (auto item = queue.take(kStart + now)) frames.push_back(item->frame);
  return frames;
}

TEST(FrameQueue, TheNewestTakesTheOldestsPlace) {
  FrameQueue queue({Policy::newest, 2, {}, 0});
  for (std::uint64_t i = 0; i < 5; ++i) {
    EXPECT_FALSE(queue.full());
    queue.put(frame(i, 0ms));
  }
  EXPECT_THAT(all_of(queue, 0ms), ElementsAre(3, 4));
  EXPECT_EQ(dropped(queue, DropReason::queue), 3u);
}

TEST(FrameQueue, KeepingAllMeansWaiting) {
  FrameQueue queue({Policy::all, 2, {}, 0});
  queue.put(frame(0, 0ms));
  EXPECT_FALSE(queue.full());
  queue.put(frame(1, 0ms));
  EXPECT_TRUE(queue.full());
  queue.take(kStart);
  EXPECT_FALSE(queue.full());
  EXPECT_EQ(dropped(queue, DropReason::queue), 0u);
}

TEST(FrameQueue, TooOldIsOlderThanTheLimitNotAsOld) {
  FrameQueue queue({Policy::newest, 3, 150ms, 0});
  queue.put(frame(0, 0ms));
  queue.put(frame(1, 49ms));
  queue.put(frame(2, 50ms));
  EXPECT_THAT(all_of(queue, 200ms), ElementsAre(2));
  EXPECT_EQ(dropped(queue, DropReason::age), 2u);
  EXPECT_EQ(dropped(queue, DropReason::queue), 0u);
}

TEST(FrameQueue, ThirtyFramesASecondThinOutToTwentyAndToTen) {
  for (const int fps : {20, 10}) {
    FrameQueue queue({Policy::newest, 1000, {}, static_cast<double>(fps)});
    for (std::uint64_t i = 0; i < 300; ++i) {
      queue.put(frame(i, std::chrono::milliseconds(i * 1000 / 30)));
    }
    EXPECT_NEAR(static_cast<double>(queue.size()), 10.0 * fps, 1) << fps;
    EXPECT_EQ(queue.size() + dropped(queue, DropReason::fps), 300u);
  }
}

TEST(FrameQueue, APauseIsNoCreditForABurst) {
  FrameQueue queue({Policy::newest, 1000, {}, 10});
  queue.put(frame(0, 0ms));
  for (std::uint64_t i = 1; i <= 10; ++i) {
    queue.put(frame(i, 10'000ms + std::chrono::milliseconds(i)));
  }
  EXPECT_THAT(all_of(queue, 10'010ms), ElementsAre(0, 1));
  EXPECT_EQ(dropped(queue, DropReason::fps), 9u);
}

TEST(FrameQueue, ClearingCountsWhatWasInside) {
  FrameQueue queue({Policy::newest, 3, {}, 0});
  queue.put(frame(0, 0ms));
  queue.put(frame(1, 0ms));
  queue.clear(DropReason::stop);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(dropped(queue, DropReason::stop), 2u);
}

/// "0:0 1:0 0:1": queue and frame, in the order taken.
std::string order(const std::vector<Taken>& taken) {
  std::string text;
  for (const Taken& item : taken) {
    text += (text.empty() ? "" : " ") + std::to_string(item.queue) + ":" +
            std::to_string(item.item.frame);
  }
  return text;
}

TEST(TakeInTurn, EachGivesOneBeforeAnyGivesASecond) {
  std::deque<FrameQueue> queues(3, FrameQueue({Policy::newest, 4, {}, 0}));
  for (std::uint64_t i = 0; i < 4; ++i) queues[0].put(frame(i, 0ms));
  queues[1].put(frame(0, 0ms));
  queues[2].put(frame(0, 0ms));
  queues[2].put(frame(1, 0ms));
  std::size_t turn = 0;
  EXPECT_EQ(order(take_in_turn(queues, turn, 5, kStart)), "0:0 1:0 2:0 0:1 2:1");
  EXPECT_EQ(order(take_in_turn(queues, turn, 5, kStart)), "0:2 0:3");
  EXPECT_EQ(order(take_in_turn(queues, turn, 5, kStart)), "");
}

TEST(TakeInTurn, ABatchTooSmallForAllGoesOnWhereItStopped) {
  std::deque<FrameQueue> queues(3, FrameQueue({Policy::newest, 1, {}, 0}));
  std::size_t turn = 0;
  std::array<int, 3> served{};
  for (std::uint64_t round = 0; round < 300; ++round) {
    for (auto& queue : queues) queue.put(frame(round, 0ms));  // all are always ready
    for (const Taken& item : take_in_turn(queues, turn, 2, kStart)) ++served[item.queue];
  }
  EXPECT_THAT(served, ElementsAre(200, 200, 200));
}

TEST(TakeInTurn, OnlyOldFramesAreNoFrames) {
  std::deque<FrameQueue> queues(2, FrameQueue({Policy::newest, 2, 10ms, 0}));
  queues[0].put(frame(0, 0ms));
  queues[1].put(frame(0, 0ms));
  std::size_t turn = 0;
  EXPECT_TRUE(take_in_turn(queues, turn, 8, kStart + 1s).empty());
  EXPECT_EQ(dropped(queues[0], DropReason::age), 1u);
}

}  // namespace
}  // namespace fovea::pipeline
