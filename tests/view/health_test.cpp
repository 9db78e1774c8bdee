// SPDX-License-Identifier: Apache-2.0
#include "pipeline/view/health.hpp"

#include <gtest/gtest.h>

namespace fovea::pipeline {
namespace {

using std::chrono::seconds;

const Health::Clock::time_point kStart{seconds(1000)};

LiveStatus with(SourceState state, const std::string& reason = {}) {
  LiveStatus status;
  status.sources.resize(2);
  status.sources[0].name = "yard";
  status.sources[0].state = SourceState::running;
  status.sources[1].name = "gate";
  status.sources[1].state = state;
  status.sources[1].reason = reason;
  return status;
}

TEST(Health, IsWellWhileSourcesRunOrHaveEnded) {
  for (const SourceState state : {SourceState::running, SourceState::ended}) {
    Health health;
    health.observe(with(state), kStart);
    EXPECT_TRUE(health.complaints(with(state), kStart + seconds(3600)).empty());
  }
}

TEST(Health, NamesAStalledSourceAtOnce) {
  const LiveStatus status = with(SourceState::stalled, "no picture for 5 s");
  const std::vector<Complaint> found = Health().complaints(status, kStart);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].source, "gate");
  EXPECT_EQ(found[0].what, "stalled");
  EXPECT_EQ(found[0].reason, "no picture for 5 s");
}

TEST(Health, HasPatienceWithASourceThatIsOpenedAgain) {
  Health health;
  health.observe(with(SourceState::backoff), kStart);
  EXPECT_TRUE(health.complaints(with(SourceState::backoff), kStart + Health::kPatience).empty());
  // To and fro between opening and waiting is one time of not running.
  health.observe(with(SourceState::connecting), kStart + seconds(10));
  const auto found = health.complaints(with(SourceState::connecting), kStart + seconds(20));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].what, "connecting for 20 s");
  health.observe(with(SourceState::running), kStart + seconds(21));
  health.observe(with(SourceState::backoff), kStart + seconds(22));
  EXPECT_TRUE(health.complaints(with(SourceState::backoff), kStart + seconds(30)).empty());
}

TEST(Health, NamesALostDevice) {
  LiveStatus status = with(SourceState::running);
  status.device_lost = true;
  status.device = "NVIDIA H200";
  const std::vector<Complaint> found = Health().complaints(status, kStart);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].source, "");
  EXPECT_EQ(found[0].what, "device lost");
}

}  // namespace
}  // namespace fovea::pipeline
