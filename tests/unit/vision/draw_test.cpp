// SPDX-License-Identifier: Apache-2.0
// What is drawn, looked at pixel by pixel: edges where the boxes are, tags that can be read
// whatever lies below, nothing outside the picture.
#include "vision/draw.hpp"

#include <gtest/gtest.h>
#include <opencv2/core.hpp>

namespace fovea::vision {
namespace {

Object object_at(Box box, int id = 0, const std::string& name = "dog", float score = 0.87f) {
  Object object;
  object.box = box;
  object.id = id;
  object.name = name;
  object.score = score;
  return object;
}

cv::Scalar pixel(const cv::Mat& rgb, int x, int y) {
  const auto p = rgb.at<cv::Vec3b>(y, x);
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}

double luminance(const cv::Scalar& c) { return 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]; }

cv::Mat painted(int width, int height, const cv::Scalar& background) {
  return cv::Mat(height, width, CV_8UC3, background);
}

TEST(Draw, TheLineLiesInsideTheBoxAndItsDarkEdgeOutside) {
  cv::Mat rgb = painted(640, 480, {90, 90, 90});
  const Object dog = object_at({100, 120, 300, 320});
  draw_objects(rgb, std::span(&dog, 1), {640, 480});
  const cv::Scalar colour = colour_of(0);
  ASSERT_EQ(line_width({640, 480}), 2);
  for (const int y : {200, 250, 319}) {
    EXPECT_EQ(pixel(rgb, 100, y), colour) << y;
    EXPECT_EQ(pixel(rgb, 101, y), colour) << y;
    EXPECT_EQ(pixel(rgb, 299, y), colour) << y;
  }
  EXPECT_LT(luminance(pixel(rgb, 99, 250)), 30);
  EXPECT_LT(luminance(pixel(rgb, 102, 250)), 30);
  EXPECT_LT(luminance(pixel(rgb, 300, 250)), 30);
  EXPECT_EQ(pixel(rgb, 98, 250), cv::Scalar(90, 90, 90));
  EXPECT_EQ(pixel(rgb, 200, 220), cv::Scalar(90, 90, 90)) << "the inside stays as it was";
}

TEST(Draw, CanBeToldFromAnyBackground) {
  for (const cv::Scalar& background :
       {cv::Scalar(0, 0, 0), cv::Scalar(255, 255, 255), cv::Scalar(127, 127, 127), colour_of(3)}) {
    cv::Mat rgb = painted(640, 480, background);
    const Object dog = object_at({100, 120, 300, 320}, 3);
    draw_objects(rgb, std::span(&dog, 1), {640, 480});
    const double step = luminance(pixel(rgb, 100, 250)) - luminance(pixel(rgb, 99, 250));
    EXPECT_GT(step, 100) << background;
    // The tag stands above the box: letters and ground far apart, both present.
    double darkest = 255, brightest = 0;
    for (int y = 104; y < 119; ++y) {
      for (int x = 102; x < 160; ++x) {
        darkest = std::min(darkest, luminance(pixel(rgb, x, y)));
        brightest = std::max(brightest, luminance(pixel(rgb, x, y)));
      }
    }
    EXPECT_GT(brightest - darkest, 100) << background;
  }
}

TEST(Draw, ASmallerCopyGetsItsBoxesScaled) {
  cv::Mat rgb = painted(160, 120, {0, 0, 0});
  const Object dog = object_at({400, 200, 600, 400});
  draw_objects(rgb, std::span(&dog, 1), {640, 480});
  EXPECT_EQ(pixel(rgb, 100, 80), colour_of(0));
  EXPECT_EQ(pixel(rgb, 149, 80), colour_of(0));
  EXPECT_EQ(pixel(rgb, 125, 99), colour_of(0));
  EXPECT_EQ(pixel(rgb, 120, 80), cv::Scalar(0, 0, 0));
}

TEST(Draw, TagsStayInsideThePictureWhereverTheBoxIs) {
  const Box boxes[] = {{0, 0, 640, 480},           {0, 0, 20, 20},      {620, 0, 640, 20},
                       {620, 460, 640, 480},       {0, 460, 20, 480},   {-50, -50, 700, 600},
                       {639.5f, 479.5f, 640, 480}, {300, 200, 300, 200}};
  for (const Box& box : boxes) {
    cv::Mat rgb = painted(640, 480, {0, 0, 0});
    const Object dog = object_at(box, 0, "a name of some length");
    draw_objects(rgb, std::span(&dog, 1), {640, 480});
    // A whole tag is at least 200 x 15 pixels of the class's colour or letters.
    EXPECT_GT(cv::countNonZero(rgb.reshape(1)), 3 * 200 * 15) << box.x1 << "," << box.y1;
  }
}

TEST(Draw, TagsOfNeighboursDoNotCoverEachOther) {
  cv::Mat rgb = painted(640, 480, {0, 0, 0});
  std::vector<Object> pair{object_at({100, 200, 300, 300}, 0), object_at({102, 202, 302, 302}, 1)};
  draw_objects(rgb, pair, {640, 480});
  EXPECT_EQ(pixel(rgb, 101, 190), colour_of(0)) << "the better one stands above";
  EXPECT_EQ(pixel(rgb, 296 - 190, 208), colour_of(1)) << "the other found a place inside its box";
}

TEST(Draw, TinyPicturesGetTheBoxAlone) {
  for (const int side : {1, 2, 3, 7, 15}) {
    cv::Mat rgb = painted(side, side, {0, 0, 0});
    const Object dog = object_at({0, 0, static_cast<float>(side), static_cast<float>(side)});
    draw_objects(rgb, std::span(&dog, 1), {side, side});
    EXPECT_EQ(pixel(rgb, 0, 0), colour_of(0)) << side;
  }
}

TEST(Draw, LinesAndLettersGrowWithThePicture) {
  EXPECT_EQ(line_width({32, 32}), 1);
  EXPECT_EQ(line_width({1920, 1080}), 5);
  EXPECT_EQ(line_width({8000, 6000}), 25);
}

TEST(Draw, TagsSayWhatIsKnown) {
  Object dog = object_at({}, 0, "dog", 0.874f);
  EXPECT_EQ(tag_of(dog), "dog 87 %");
  dog.track = 12;
  EXPECT_EQ(tag_of(dog), "dog #12 87 %");
  dog.labels = {{3, "beagle", 0.5f}};
  EXPECT_EQ(tag_of(dog), "dog: beagle #12 87 %");
  EXPECT_EQ(to_ascii("caf\xC3\xA9 \xE7\x8C\xAB\n"), "caf? ??");
}

TEST(Draw, ClassesNextToEachOtherHaveOtherColours) {
  for (int id = 0; id < 11; ++id) EXPECT_GT(cv::norm(colour_of(id) - colour_of(id + 1)), 60) << id;
  EXPECT_EQ(colour_of(-1), colour_of(11));
}

TEST(Draw, AreasAreClosedOrOpenLinesWithAName) {
  const std::vector<cv::Point2f> corners{{100, 100}, {500, 100}, {500, 400}};
  cv::Mat closed = painted(640, 480, {0, 0, 0}), open = closed.clone();
  draw_area(closed, corners, true, "door");
  draw_area(open, corners, false, "door");
  EXPECT_GT(luminance(pixel(closed, 450, 100)), 150);
  EXPECT_GT(luminance(pixel(closed, 500, 250)), 150);
  EXPECT_GT(luminance(pixel(closed, 300, 250)), 150) << "the side back to the first corner";
  EXPECT_EQ(pixel(open, 300, 250), cv::Scalar(0, 0, 0));
  EXPECT_GT(luminance(pixel(open, 101, 101)), 150) << "the tag with the name";
}

}  // namespace
}  // namespace fovea::vision
