// SPDX-License-Identifier: Apache-2.0
// Identities in scenes whose truth is known.
#include "vision/track/byte_tracker.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/track/identity_score.hpp"
#include "tests/unit/track/scene.hpp"

namespace fovea::vision {
namespace {

using namespace testing_support;

struct Options {
  TrackOptions track;
  int detect_every = 1;
};

IdentityScore run(const std::vector<SceneFrame>& scene, const Options& options = {}) {
  ByteTracker tracker(options.track);
  std::int64_t next_id = 1;
  IdentityScore score;
  int number = 0;
  for (const SceneFrame& frame : scene) {
    const bool detect = number++ % options.detect_every == 0;
    score.add(frame.truth,
              detect ? tracker.update(frame.t, frame.found, next_id) : tracker.predict(frame.t));
  }
  return score;
}

/// Two of one size that meet in the middle of the picture; where the farther one is covered by
/// more than half, the detector sees only the nearer.
std::vector<Mover> crossing(double seconds, double offset_y) {
  const double speed = 800 / seconds, meet = seconds / 2, covered = 10 / speed;
  return {{.centre = straight({200, 300}, {speed, 0})},
          {.centre = straight({1000, 300 + offset_y}, {-speed, 0}),
           .hidden = {{meet - covered, meet + covered}}}};
}

TEST(ByteTracker, KeepsIdentitiesThroughACrossing) {
  for (const double seconds : {4.0, 8.0, 16.0}) {
    for (const double offset_y : {0.0, 15.0}) {
      const auto score =
          run(make_scene(crossing(seconds, offset_y), {.noise_px = 1}, steady(25, seconds)));
      // Where both are in the very same place, nobody can say whose the one box is; afterwards
      // each must be itself again.
      EXPECT_LE(score.switches(), offset_y == 0 ? 2 : 0) << seconds << " s, " << offset_y << " px";
      EXPECT_EQ(score.tracks(), 2u);
      EXPECT_GE(score.idf1(), 0.99);
    }
  }
}

TEST(ByteTracker, KeepsAnIdentityThroughAShortOcclusion) {
  const std::vector<Mover> movers{
      {.centre = straight({100, 300}, {90, 10}), .hidden = {{3, 3.8}, {6, 6.5}}}};
  const auto score = run(make_scene(movers, {.noise_px = 1}, steady(25, 10)));
  EXPECT_EQ(score.tracks(), 1u);
  EXPECT_EQ(score.switches(), 0);
  EXPECT_GE(score.idf1(), 0.99);
}

TEST(ByteTracker, WhatIsUnseenForTooLongComesBackAsSomethingNew) {
  const std::vector<Mover> movers{{.centre = straight({100, 300}, {0, 0}), .hidden = {{3, 4.5}}}};
  const auto scene = make_scene(movers, {}, steady(25, 10));
  EXPECT_EQ(run(scene).tracks(), 2u);
  EXPECT_EQ(run(scene, {.track = {.lost_s = 2}}).tracks(), 1u);
}

TEST(ByteTracker, BoxesOfLowScoreHoldATrack) {
  // Half hidden for two seconds, in which it turns: without its weak boxes it is lost.
  const auto turning = [](double t) {
    return t < 4 ? Point{100 + 100 * t, 300} : Point{500, 300 + 100 * (t - 4)};
  };
  const std::vector<Mover> movers{{.centre = turning, .half_hidden = {{3, 5.5}}}};
  const auto scene = make_scene(movers, {.noise_px = 1}, steady(25, 8));
  const auto with = run(scene), without = run(scene, {.track = {.low_score = 0.5}});
  EXPECT_EQ(with.tracks(), 1u);
  EXPECT_GE(with.idf1(), 0.99);
  EXPECT_EQ(without.tracks(), 2u);
}

TEST(ByteTracker, WeakBoxesAloneAreNothing) {
  const std::vector<Mover> movers{
      {.centre = straight({100, 300}, {90, 0}), .half_hidden = {{0, 100}}}};
  EXPECT_EQ(run(make_scene(movers, {}, steady(25, 4))).tracks(), 0u);
}

TEST(ByteTracker, ClassesAreNeverMixed) {
  std::vector<Mover> movers = crossing(6, 0);
  movers[1].id = 1;
  movers[1].hidden.clear();
  const auto score = run(make_scene(movers, {.noise_px = 1}, steady(25, 6)));
  EXPECT_EQ(score.tracks(), 2u);
  EXPECT_EQ(score.switches(), 0);
}

/// Ten that walk about on curves through each other.
std::vector<Mover> crowd() {
  std::vector<Mover> movers;
  for (int i = 0; i < 10; ++i) {
    const double phase = i * 0.7, x = 150 + 110 * i, y = 200 + 35 * i;
    movers.push_back({.centre = [=](double t) {
      return Point{x + 90 * std::sin(0.5 * t + phase), y + 60 * std::cos(0.4 * t + 2 * phase)};
    }});
  }
  return movers;
}

TEST(ByteTracker, ADetectorThatErrsCostsLittle) {
  for (const unsigned seed : {1u, 2u, 3u}) {
    const Detector detector{.noise_px = 2, .missed = 0.15, .false_boxes = 0.3, .seed = seed};
    const auto score = run(make_scene(crowd(), detector, steady(25, 20)));
    RecordProperty("idf1_" + std::to_string(seed), std::to_string(score.idf1()));
    EXPECT_LE(score.switches(), 2) << "of 5,000 boxes, 750 of them not found";
    EXPECT_GE(score.idf1(), 0.91);
  }
}

TEST(ByteTracker, AGoodDetectorMakesNoMistakes) {
  const auto score = run(make_scene(crowd(), {.noise_px = 1}, steady(25, 20)));
  EXPECT_EQ(score.tracks(), 10u);
  EXPECT_EQ(score.switches(), 0);
  EXPECT_GE(score.idf1(), 0.995);
}

TEST(ByteTracker, TracksBetweenDetections) {
  const auto scene = make_scene(crowd(), {.noise_px = 1}, steady(25, 20));
  for (const int every : {2, 3, 5}) {
    const auto score = run(scene, {.detect_every = every});
    EXPECT_EQ(score.switches(), 0) << every;
    EXPECT_EQ(score.tracks(), 10u) << every;
    EXPECT_GE(score.idf1(), 0.98) << every;
  }
}

TEST(ByteTracker, PredictsBoxesWhereThingsAre) {
  const std::vector<Mover> movers{{.centre = straight({100, 300}, {100, 0})}};
  ByteTracker tracker({});
  std::int64_t next_id = 1;
  int number = 0;
  for (const auto& frame : make_scene(movers, {}, steady(25, 4))) {
    if (number++ % 4 == 0) {
      tracker.update(frame.t, frame.found, next_id);
      continue;
    }
    const auto objects = tracker.predict(frame.t);
    if (frame.t < 1) continue;  // the speed is not known yet
    ASSERT_EQ(objects.size(), 1u);
    EXPECT_EQ(objects[0].track, 1);
    EXPECT_EQ(objects[0].name, "person");
    EXPECT_NEAR(objects[0].box.x1, frame.truth[0].box.x1, 1);  // 4 px a frame
  }
}

TEST(ByteTracker, TheRateOfFramesDoesNotMatter) {
  for (const double fps : {8.0, 15.0, 30.0, 60.0}) {
    const auto score = run(make_scene(crowd(), {.noise_px = 1}, steady(fps, 20)));
    EXPECT_EQ(score.tracks(), 10u) << fps;
    EXPECT_EQ(score.switches(), 0) << fps;
  }
}

TEST(ByteTracker, FramesMayBeMissing) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> chance(0, 1);
  std::vector<double> times = steady(30, 20);
  std::erase_if(times, [&](double t) {
    return chance(random) < 0.6 || (t > 7 && t < 7.5);  // and half a second in one piece
  });
  const auto score = run(make_scene(crowd(), {.noise_px = 1}, times));
  EXPECT_EQ(score.tracks(), 10u);
  EXPECT_EQ(score.switches(), 0);
}

TEST(ByteTracker, ADetectorSlowerThanTheBufferStillTracks) {
  const std::vector<Mover> movers{{.centre = straight({100, 300}, {5, 0})}};
  const auto score = run(make_scene(movers, {}, steady(0.4, 60)));
  EXPECT_EQ(score.tracks(), 1u);
  EXPECT_GE(score.idf1(), 0.99);
}

TEST(ByteTracker, NumbersAreNeverUsedAgain) {
  std::vector<Mover> movers;
  for (int i = 0; i < 8; ++i) {  // one after another in the same place
    movers.push_back({.centre = straight({300, 300}, {20, 0}), .life = {i * 3.0, i * 3.0 + 1.5}});
  }
  const auto scene = make_scene(movers, {}, steady(25, 24));
  EXPECT_EQ(run(scene).tracks(), 8u);
}

TEST(ByteTracker, AStreamThatBeginsAgainBeginsWithNewTracks) {
  ByteTracker tracker({});
  std::int64_t next_id = 1;
  const auto scene = make_scene({{.centre = straight({300, 300}, {0, 0})}}, {}, steady(25, 1));
  std::set<std::int64_t> ids;
  for (int round = 0; round < 2; ++round) {
    for (const auto& frame : scene) {
      for (const auto& object : tracker.update(frame.t, frame.found, next_id)) {
        ids.insert(*object.track);
      }
    }
  }
  EXPECT_EQ(ids, (std::set<std::int64_t>{1, 2}));
}

TEST(ByteTracker, NothingFoundGivesNothing) {
  ByteTracker tracker({});
  std::int64_t next_id = 1;
  EXPECT_TRUE(tracker.predict(0).empty());
  EXPECT_TRUE(tracker.update(0.1, {}, next_id).empty());
  Object flat;
  flat.box = {10, 10, 10, 50};
  flat.score = 0.9f;
  EXPECT_TRUE(tracker.update(0.2, {flat}, next_id).empty()) << "a box without width";
  EXPECT_EQ(next_id, 1);
}

}  // namespace
}  // namespace fovea::vision
