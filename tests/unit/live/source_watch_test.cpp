// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/source_watch.hpp"

#include <set>

#include <gmock/gmock.h>

namespace fovea::pipeline {
namespace {

using namespace std::chrono_literals;
using Order = SourceWatch::Order;

/// A watch with a clock that only moves when told to.
struct Case {
  explicit Case(WatchOptions options = plain()) : watch(options, now, 1) {}
  static WatchOptions plain() {
    WatchOptions options;
    options.jitter = 0;
    return options;
  }
  Order after(std::chrono::milliseconds time) {
    now += time;
    return watch.due(now);
  }
  void run() {
    ASSERT_EQ(watch.due(now), Order::open);
    watch.opened(now);
    watch.picture(now, 1);
    ASSERT_EQ(watch.state(), SourceState::running);
  }
  SourceWatch::Time now{1h};
  SourceWatch watch;
};

TEST(SourceWatch, OpensAtOnceAndOnce) {
  Case test;
  EXPECT_EQ(test.watch.due(test.now), Order::open);
  EXPECT_EQ(test.after(1s), Order::none);
  EXPECT_EQ(test.watch.state(), SourceState::connecting);
}

TEST(SourceWatch, RunsFromTheFirstPictureOn) {
  Case test;
  test.watch.due(test.now);
  test.watch.opened(test.now);
  EXPECT_EQ(test.watch.state(), SourceState::connecting);
  test.watch.picture(test.now, 1);
  EXPECT_EQ(test.watch.state(), SourceState::running);
  EXPECT_EQ(test.watch.reason(), "");
}

TEST(SourceWatch, GivesUpAnOpeningThatTakesTooLong) {
  Case test;
  test.watch.due(test.now);
  EXPECT_EQ(test.after(9'999ms), Order::none);
  EXPECT_EQ(test.after(1ms), Order::close);
  EXPECT_EQ(test.watch.state(), SourceState::backoff);
  EXPECT_EQ(test.watch.reason(), "no answer within 10 s");
}

TEST(SourceWatch, AnOpenSourceWithoutAFirstPictureIsAFaultOfItsOwn) {
  Case test;
  test.watch.due(test.now);
  test.watch.opened(test.now);
  EXPECT_EQ(test.after(10s), Order::close);
  EXPECT_EQ(test.watch.reason(), "no picture within 10 s");
}

TEST(SourceWatch, SilenceStallsThenReopens) {
  Case test;
  test.run();
  EXPECT_EQ(test.after(5s), Order::none);
  EXPECT_EQ(test.watch.state(), SourceState::stalled);
  EXPECT_EQ(test.watch.reason(), "no picture for 5 s");
  EXPECT_EQ(test.after(4'999ms), Order::none);
  EXPECT_EQ(test.after(1ms), Order::close);
  EXPECT_EQ(test.watch.state(), SourceState::backoff);
  EXPECT_EQ(test.after(1s), Order::open);
}

TEST(SourceWatch, APictureEndsAStall) {
  Case test;
  test.run();
  test.after(5s);
  test.watch.picture(test.now, 2);
  EXPECT_EQ(test.watch.state(), SourceState::running);
  EXPECT_EQ(test.after(4'999ms), Order::none);
  EXPECT_EQ(test.watch.state(), SourceState::running);
}

TEST(SourceWatch, TheSamePictureAgainAndAgainIsAStall) {
  Case test;
  test.run();
  for (int s = 1; s < 30; ++s) {
    test.now += 1s;
    test.watch.picture(test.now, 1);
    ASSERT_EQ(test.watch.state(), SourceState::running) << s;
  }
  test.now += 1s;
  test.watch.picture(test.now, 1);
  EXPECT_EQ(test.watch.state(), SourceState::stalled);
  EXPECT_EQ(test.watch.reason(), "the same picture for 30 s");
  // Pictures go on coming, which is no reason to stay.
  for (int s = 0; s < 4; ++s) {
    EXPECT_EQ(test.after(1s), Order::none);
    test.watch.picture(test.now, 1);
  }
  EXPECT_EQ(test.after(1s), Order::close);
}

TEST(SourceWatch, AFrozenPictureIsStillFrozenAfterOpeningAnew) {
  Case test;
  test.run();
  test.now += 31s;
  test.watch.picture(test.now, 1);
  ASSERT_EQ(test.watch.state(), SourceState::stalled);
  ASSERT_EQ(test.after(5s), Order::close);
  ASSERT_EQ(test.after(1s), Order::open);
  test.watch.opened(test.now);
  test.watch.picture(test.now, 1);
  EXPECT_EQ(test.watch.state(), SourceState::stalled);
  test.watch.picture(test.now, 2);
  EXPECT_EQ(test.watch.state(), SourceState::running);
}

TEST(SourceWatch, PicturesWithoutAPrintNeverFreeze) {
  auto options = Case::plain();
  options.frozen_timeout = 1ms;
  Case test(options);
  test.run();
  for (int i = 0; i < 5; ++i) {
    test.now += 1s;
    test.watch.picture(test.now, 0);
    EXPECT_EQ(test.watch.state(), SourceState::running);
  }
}

TEST(SourceWatch, FrozenOffMeansOff) {
  auto options = Case::plain();
  options.frozen_timeout = 0ms;
  Case test(options);
  test.run();
  test.now += 24h;
  test.watch.picture(test.now, 1);
  EXPECT_EQ(test.watch.state(), SourceState::running);
}

TEST(SourceWatch, PausesDoubleUpToTheLongestAndStartAnewAfterAPicture) {
  Case test;
  std::vector<std::chrono::milliseconds> pauses;
  for (int i = 0; i < 7; ++i) {
    ASSERT_EQ(test.watch.due(test.now), Order::open);
    test.watch.failed(test.now, "refused");
    EXPECT_EQ(test.watch.due(test.now), Order::close);
    const auto wait = test.watch.next() - test.now;
    pauses.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(wait));
    test.now = test.watch.next();
  }
  EXPECT_THAT(pauses, testing::ElementsAre(1s, 2s, 4s, 8s, 16s, 30s, 30s));
  test.watch.due(test.now);
  test.watch.opened(test.now);
  test.watch.picture(test.now, 1);
  test.watch.failed(test.now, "broke off");
  EXPECT_EQ(test.watch.next() - test.now, 1s);
}

TEST(SourceWatch, JitterStaysWithinItsShareAndDiffersBySource) {
  auto options = Case::plain();
  options.jitter = 0.2;
  std::set<std::chrono::milliseconds::rep> seen;
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    const SourceWatch::Time now{1h};
    SourceWatch watch(options, now, seed);
    watch.due(now);
    watch.failed(now, "refused");
    const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(watch.next() - now);
    EXPECT_GE(pause, 800ms);
    EXPECT_LE(pause, 1'200ms);
    seen.insert(pause.count());
  }
  EXPECT_GT(seen.size(), 25u);
}

TEST(SourceWatch, CountsHowOftenItWasOpenedAgain) {
  Case test;
  test.watch.due(test.now);
  test.watch.failed(test.now, "refused");  // never was open: no reconnect
  test.watch.due(test.now);
  ASSERT_EQ(test.after(1s), Order::open);
  test.watch.opened(test.now);
  EXPECT_EQ(test.watch.reconnects(), 0u);
  test.watch.picture(test.now, 1);
  test.watch.failed(test.now, "broke off");
  test.watch.due(test.now);
  ASSERT_EQ(test.after(1s), Order::open);
  test.watch.opened(test.now);
  EXPECT_EQ(test.watch.reconnects(), 1u);
}

TEST(SourceWatch, WhatAClosedAttemptStillReportsChangesNothing) {
  Case test;
  test.run();
  test.watch.failed(test.now, "broke off");
  ASSERT_EQ(test.watch.due(test.now), Order::close);
  test.watch.failed(test.now, "and again");
  EXPECT_EQ(test.watch.reason(), "broke off");
  EXPECT_EQ(test.watch.state(), SourceState::backoff);
}

TEST(SourceWatch, ALineWithoutRoomIsNoStall) {
  Case test;
  test.run();
  test.now += 4s;
  test.watch.alive(test.now);
  EXPECT_EQ(test.after(4s), Order::none);
  EXPECT_EQ(test.watch.state(), SourceState::running);
}

TEST(SourceWatch, AFileNeitherStallsNorComesBack) {
  auto options = Case::plain();
  options.finite = true;
  Case test(options);
  test.run();
  EXPECT_EQ(test.after(24h), Order::none);
  EXPECT_EQ(test.watch.state(), SourceState::running);
  test.watch.failed(test.now, "damaged");
  EXPECT_EQ(test.watch.due(test.now), Order::close);
  EXPECT_EQ(test.watch.state(), SourceState::ended);
  EXPECT_EQ(test.watch.reason(), "damaged");
  EXPECT_EQ(test.after(24h), Order::none);
}

TEST(SourceWatch, AFileMayTakeItsTimeToOpen) {
  auto options = Case::plain();
  options.finite = true;
  Case test(options);
  ASSERT_EQ(test.watch.due(test.now), Order::open);
  EXPECT_EQ(test.after(24h), Order::none);
  EXPECT_EQ(test.watch.state(), SourceState::connecting);
}

TEST(SourceWatch, AWatchedFolderIsWellWithoutPicturesButMayGoAway) {
  auto options = Case::plain();
  options.patient = true;
  Case test(options);
  ASSERT_EQ(test.watch.due(test.now), Order::open);
  test.watch.opened(test.now);
  EXPECT_EQ(test.after(24h), Order::none);
  EXPECT_EQ(test.watch.state(), SourceState::running);
  test.watch.failed(test.now, "there is no folder in");
  EXPECT_EQ(test.watch.state(), SourceState::backoff);
}

TEST(DurationText, IsWhatPeopleWrite) {
  EXPECT_EQ(duration_text(250ms), "250 ms");
  EXPECT_EQ(duration_text(1'500ms), "1.5 s");
  EXPECT_EQ(duration_text(30s), "30 s");
}

}  // namespace
}  // namespace fovea::pipeline
