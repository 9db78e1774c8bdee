// SPDX-License-Identifier: Apache-2.0
#include "vision/tiles.hpp"

#include <gmock/gmock.h>
#include <opencv2/core.hpp>

namespace fovea::vision {
namespace {

using ::testing::ElementsAre;

TEST(Tiles, CoverThePictureWithTheOverlapThatIsAskedFor) {
  EXPECT_THAT(tiles_of({100, 80}, 200, 0.2), ElementsAre(cv::Rect(0, 0, 100, 80)));
  EXPECT_THAT(tiles_of({300, 80}, 200, 0.5),
              ElementsAre(cv::Rect(0, 0, 200, 80), cv::Rect(100, 0, 200, 80)));
  EXPECT_THAT(
      tiles_of({301, 200}, 200, 0.5),
      ElementsAre(cv::Rect(0, 0, 200, 200), cv::Rect(51, 0, 200, 200), cv::Rect(101, 0, 200, 200)));
  for (const cv::Size picture : {cv::Size(1, 1), cv::Size(999, 33), cv::Size(1000, 1234)}) {
    for (const double overlap : {0.0, 0.2, 0.9}) {
      cv::Mat covered = cv::Mat::zeros(picture, CV_8U);
      for (const cv::Rect& tile : tiles_of(picture, 100, overlap)) {
        ASSERT_EQ(tile & cv::Rect({}, picture), tile);
        covered(tile).setTo(1);
      }
      EXPECT_EQ(cv::countNonZero(covered), picture.area());
    }
  }
}

Object object(Box box, float score, int id = 0) {
  Object one;
  one.box = box;
  one.id = id;
  one.score = score;
  return one;
}

std::vector<float> scores(const std::vector<Object>& objects) {
  std::vector<float> all;
  for (const Object& one : objects) all.push_back(one.score);
  return all;
}

const cv::Size kPicture(300, 100);
const cv::Rect kLeft(0, 0, 200, 100), kRight(100, 0, 200, 100);

TEST(MergeParts, TheSameThingInTwoPartsIsOne) {
  const auto merged = merge_parts(kPicture, {{kLeft, {object({120, 20, 160, 60}, 0.7f)}},
                                             {kRight, {object({21, 20, 61, 60}, 0.8f)}}});
  ASSERT_THAT(scores(merged), ElementsAre(0.8f));
  EXPECT_EQ(merged[0].box.x1, 121) << "in pixels of the picture";
  EXPECT_EQ(merged[0].box.x2, 161);
}

TEST(MergeParts, OtherThingsStay) {
  EXPECT_THAT(scores(merge_parts(kPicture, {{kLeft, {object({120, 20, 160, 60}, 0.7f)}},
                                            {kRight, {object({20, 20, 60, 60}, 0.8f, 1)}}})),
              ElementsAre(0.8f, 0.7f))
      << "another class";
  EXPECT_THAT(scores(merge_parts(kPicture, {{kLeft, {object({120, 20, 160, 60}, 0.7f)}},
                                            {kRight, {object({45, 20, 85, 60}, 0.8f)}}})),
              ElementsAre(0.8f, 0.7f))
      << "a neighbour";
  EXPECT_THAT(scores(merge_parts(
                  kPicture,
                  {{kLeft, {object({120, 20, 160, 60}, 0.7f), object({121, 20, 161, 60}, 0.9f)}}})),
              ElementsAre(0.9f, 0.7f))
      << "one part's answers are not compared";
  EXPECT_THAT(scores(merge_parts(kPicture, {{kLeft, {object({110, 10, 190, 90}, 0.9f)}},
                                            {kRight, {object({30, 30, 60, 60}, 0.8f)}}})),
              ElementsAre(0.9f, 0.8f))
      << "a small one before a large one of its class, both whole";
}

TEST(MergeParts, ACutBoxGivesWayToTheWholeOneHoweverSureItIs) {
  const auto merged = merge_parts(kPicture, {{kLeft, {object({180, 20, 200, 60}, 0.99f)}},
                                             {kRight, {object({80, 20, 140, 60}, 0.6f)}}});
  ASSERT_THAT(scores(merged), ElementsAre(0.6f));
  EXPECT_EQ(merged[0].box.x1, 180);
  EXPECT_EQ(merged[0].box.x2, 240);
  EXPECT_THAT(scores(merge_parts(kPicture, {{kLeft, {object({180, 20, 200, 60}, 0.99f)}}})),
              ElementsAre(0.99f))
      << "and stays where nobody saw it whole";
  EXPECT_THAT(
      scores(merge_parts(kPicture, {{kLeft, {object({0, 0, 40, 40}, 0.9f)}},
                                    {cv::Rect({}, kPicture), {object({2, 0, 39, 41}, 0.5f)}}})),
      ElementsAre(0.9f))
      << "the picture's own side cuts nothing";
}

}  // namespace
}  // namespace fovea::vision
