// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/board.hpp"

#include <gmock/gmock.h>

namespace fovea::pipeline {
namespace {

using namespace std::chrono_literals;

TEST(RecentAges, PercentilesAreAgesThatOccurred) {
  RecentAges ages;
  for (int ms = 100; ms >= 1; --ms) ages.add(std::chrono::milliseconds(ms));
  EXPECT_EQ(ages.percentile(0.50), 50ms);
  EXPECT_EQ(ages.percentile(0.95), 95ms);
  EXPECT_EQ(ages.percentile(0.99), 99ms);
  EXPECT_EQ(ages.percentile(1.00), 100ms);
}

TEST(RecentAges, OneAgeIsAllPercentiles) {
  RecentAges ages;
  ages.add(7ms);
  EXPECT_EQ(ages.percentile(0.01), 7ms);
  EXPECT_EQ(ages.percentile(0.99), 7ms);
}

TEST(RecentAges, ForgetsTheOldest) {
  RecentAges ages;
  for (std::size_t i = 0; i < RecentAges::kKept; ++i) ages.add(1h);
  for (std::size_t i = 0; i < RecentAges::kKept; ++i) ages.add(1ms);
  EXPECT_EQ(ages.percentile(1.0), 1ms);
}

TEST(Histogram, ABoundBelongsToItsBucket) {
  Histogram histogram;
  for (const double seconds : {0.0, 0.001, 0.0011, 10.0, 11.0}) add_to(histogram, seconds);
  EXPECT_EQ(histogram.buckets[0], 2u);
  EXPECT_EQ(histogram.buckets[1], 1u);
  EXPECT_EQ(histogram.buckets[11], 1u);
  EXPECT_EQ(histogram.buckets[12], 1u);
  EXPECT_EQ(histogram.count, 5u);
  EXPECT_DOUBLE_EQ(histogram.sum_s, 21.0021);
}

TEST(Board, ASnapshotHoldsWhatWasWritten) {
  Board board({{"gate", "rtsp://***:***@10.0.0.7/"}, {"desk", "0"}});
  const std::vector<QueueOptions> queues(2);
  Slots slots(queues);
  board.identify("model", "device");
  EXPECT_EQ(board.captured(1), 0u);
  EXPECT_EQ(board.captured(1), 1u);
  board.mode(1, "640x480");
  board.state(1, SourceState::stalled, "no picture for 5 s", 3);
  slots.drop(1, DropReason::decode);
  Frame frame;
  frame.answered = Answered{{}, 40ms};
  frame.timings.decode_ms = 2;
  board.answered(1, frame, Board::Clock::now(), 0.0001);
  const LiveStatus status = board.snapshot(slots);
  EXPECT_EQ(status.model, "model");
  ASSERT_EQ(status.sources.size(), 2u);
  EXPECT_EQ(status.sources[0].name, "gate");
  EXPECT_FALSE(status.sources[0].age);
  EXPECT_FALSE(status.sources[0].age_p50);
  const SourceStatus& desk = status.sources[1];
  EXPECT_EQ(desk.captured, 2u);
  EXPECT_EQ(desk.answered, 1u);
  EXPECT_EQ(desk.mode, "640x480");
  EXPECT_EQ(desk.state, SourceState::stalled);
  EXPECT_EQ(desk.reason, "no picture for 5 s");
  EXPECT_EQ(desk.reconnects, 3u);
  EXPECT_EQ(desk.dropped[static_cast<std::size_t>(DropReason::decode)], 1u);
  EXPECT_EQ(desk.age_p95, 40ms);
  EXPECT_TRUE(desk.age);
  EXPECT_EQ(desk.spans[static_cast<std::size_t>(Span::decode)].count, 1u);
  EXPECT_EQ(desk.spans[static_cast<std::size_t>(Span::end_to_end)].count, 1u);
}

TEST(Board, AFrameThatPassedTheModelBySpentNoTimeThere) {
  Board board(std::vector<Board::SourceNames>{{"gate", ""}});
  const std::vector<QueueOptions> queues(1);
  const Slots slots(queues);
  Frame frame;
  frame.tag.detect = false;
  board.answered(0, frame, Board::Clock::now(), 0);
  const SourceStatus gate = board.snapshot(slots).sources[0];
  EXPECT_EQ(gate.spans[static_cast<std::size_t>(Span::inference)].count, 0u);
  EXPECT_EQ(gate.spans[static_cast<std::size_t>(Span::stages)].count, 1u);
}

}  // namespace
}  // namespace fovea::pipeline
