// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "pipeline/sources/watched_folder.hpp"

namespace fovea::pipeline {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Arrivals, AFileIsGivenOnceItStoppedGrowingAndNeverAgain) {
  Arrivals arrivals;
  EXPECT_THAT(arrivals.settled({{"a", {10, 1}}}), IsEmpty());
  EXPECT_THAT(arrivals.settled({{"a", {20, 2}}}), IsEmpty());  // grows
  EXPECT_THAT(arrivals.settled({{"a", {20, 3}}}), IsEmpty());  // is written over
  EXPECT_THAT(arrivals.settled({{"a", {20, 3}}}), ElementsAre("a"));
  for (int i = 0; i < 3; ++i) EXPECT_THAT(arrivals.settled({{"a", {20, 3}}}), IsEmpty());
}

TEST(Arrivals, AnEmptyFileIsStillBeingMade) {
  Arrivals arrivals;
  for (int i = 0; i < 3; ++i) EXPECT_THAT(arrivals.settled({{"a", {0, 1}}}), IsEmpty());
  arrivals.settled({{"a", {5, 2}}});
  EXPECT_THAT(arrivals.settled({{"a", {5, 2}}}), ElementsAre("a"));
}

TEST(Arrivals, AFileReplacedLaterIsANewOne) {
  Arrivals arrivals;
  arrivals.settled({{"a", {5, 1}}});
  ASSERT_THAT(arrivals.settled({{"a", {5, 1}}}), ElementsAre("a"));
  EXPECT_THAT(arrivals.settled({{"a", {5, 9}}}), IsEmpty());
  EXPECT_THAT(arrivals.settled({{"a", {5, 9}}}), ElementsAre("a"));
}

TEST(Arrivals, KeepTheOrderOfTheFolder) {
  Arrivals arrivals;
  const Arrivals::Listing listing{{"img2", {5, 1}}, {"img10", {5, 1}}, {"b/img1", {5, 1}}};
  arrivals.settled(listing);
  EXPECT_THAT(arrivals.settled(listing), ElementsAre("img2", "img10", "b/img1"));
}

TEST(Arrivals, AFileTakenAwayAndBroughtBackIsANewOne) {
  Arrivals arrivals;
  arrivals.settled({{"a", {5, 1}}});
  arrivals.settled({{"a", {5, 1}}});
  arrivals.settled({});
  EXPECT_THAT(arrivals.settled({{"a", {5, 1}}}), IsEmpty());
  EXPECT_THAT(arrivals.settled({{"a", {5, 1}}}), ElementsAre("a"));
}

}  // namespace
}  // namespace fovea::pipeline
