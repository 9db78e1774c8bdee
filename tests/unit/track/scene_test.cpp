// SPDX-License-Identifier: Apache-2.0
// The measure itself: known scores of hand-made tracks.
#include "tests/unit/track/scene.hpp"

#include <gtest/gtest.h>

#include "tests/unit/track/identity_score.hpp"

namespace fovea::testing_support {
namespace {

std::vector<SceneFrame> two_apart() {
  const std::vector<Mover> movers{{.centre = straight({100, 300}, {50, 0})},
                                  {.centre = straight({100, 600}, {50, 0})}};
  return make_scene(movers, {}, steady(10, 2));
}

TEST(IdentityScore, TruthItselfScoresOne) {
  IdentityScore score;
  for (const auto& frame : two_apart()) score.add(frame.truth, frame.truth);
  EXPECT_EQ(score.idf1(), 1);
  EXPECT_EQ(score.switches(), 0);
}

TEST(IdentityScore, IdentitiesSwappedHalfWayScoreHalf) {
  IdentityScore score;
  for (const auto& frame : two_apart()) {
    auto tracked = frame.truth;
    if (frame.t >= 1) std::swap(tracked[0].track, tracked[1].track);
    score.add(frame.truth, tracked);
  }
  EXPECT_DOUBLE_EQ(score.idf1(), 0.5);
  EXPECT_EQ(score.switches(), 2);
}

TEST(IdentityScore, MissedBoxesCostAsTheDefinitionSays) {
  IdentityScore score;
  for (const auto& frame : two_apart()) {
    score.add(frame.truth, {frame.truth[0]});
  }
  // 20 of 40 true boxes, none wrong: 2 * 20 / (40 + 20).
  EXPECT_DOUBLE_EQ(score.idf1(), 2.0 / 3);
  EXPECT_EQ(score.tracks(), 1u);
}

}  // namespace
}  // namespace fovea::testing_support
