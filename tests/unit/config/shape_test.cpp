// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/shape.hpp"

#include <random>

#include <gtest/gtest.h>

namespace fovea::pipeline {
namespace {

const Points kSquare{{0, 0}, {10, 0}, {10, 10}, {0, 10}};

TEST(Shape, RightIsWhereThePictureShowsIt) {
  EXPECT_GT(side_of({0, 0}, {10, 0}, {5, 1}), 0) << "below a way to the right";
  EXPECT_LT(side_of({0, 0}, {10, 0}, {5, -1}), 0);
  EXPECT_EQ(side_of({0, 0}, {10, 0}, {50, 0}), 0);
}

TEST(Shape, TheBorderBelongsToThePolygon) {
  EXPECT_TRUE(contains(kSquare, {5, 5}));
  for (const Point corner : kSquare) EXPECT_TRUE(contains(kSquare, corner));
  EXPECT_TRUE(contains(kSquare, {10, 3}));
  EXPECT_TRUE(contains(kSquare, {3, 10}));
  EXPECT_FALSE(contains(kSquare, {10.001, 3}));
  EXPECT_FALSE(contains(kSquare, {-5, 10}));
}

TEST(Shape, NotchesAreOutside) {
  const Points u{{0, 0}, {3, 0}, {3, 6}, {6, 6}, {6, 0}, {9, 0}, {9, 9}, {0, 9}};
  EXPECT_TRUE(contains(u, {1, 1}));
  EXPECT_FALSE(contains(u, {4.5, 3}));
  EXPECT_TRUE(contains(u, {4.5, 7}));
  EXPECT_FALSE(crossing_sides(u));
}

TEST(Shape, InsideIsWhatTrianglesSay) {
  // A polygon that is seen whole from its middle is a fan of triangles.
  std::mt19937 random(2);
  std::uniform_real_distribution<double> real(0, 1);
  for (int round = 0; round < 200; ++round) {
    Points polygon;
    for (int i = 0; i < 9; ++i) {
      const double angle = i * 0.698, radius = 1 + 4 * real(random);
      polygon.push_back({radius * std::cos(angle), radius * std::sin(angle)});
    }
    ASSERT_FALSE(crossing_sides(polygon));
    for (int i = 0; i < 20; ++i) {
      const Point p{10 * real(random) - 5, 10 * real(random) - 5};
      bool inside = false;
      for (std::size_t k = 0; k < polygon.size(); ++k) {
        const Point a{0, 0}, b = polygon[k], c = polygon[(k + 1) % polygon.size()];
        inside =
            inside || (side_of(a, b, p) >= 0 && side_of(b, c, p) >= 0 && side_of(c, a, p) >= 0);
      }
      EXPECT_EQ(contains(polygon, p), inside);
    }
  }
}

TEST(Shape, FindsSidesThatCross) {
  using Sides = std::pair<std::size_t, std::size_t>;
  EXPECT_FALSE(crossing_sides(kSquare));
  EXPECT_EQ(crossing_sides({{0, 0}, {10, 10}, {10, 0}, {0, 10}}), (Sides{0, 2})) << "a bow tie";
  EXPECT_TRUE(crossing_sides({{0, 0}, {10, 0}, {5, 0}})) << "flat";
  EXPECT_TRUE(crossing_sides({{0, 0}, {0, 0}, {5, 5}, {0, 5}})) << "a corner twice";
  EXPECT_TRUE(crossing_sides({{0, 0}, {10, 0}, {10, 10}, {5, 0}, {0, 10}})) << "touches a side";
  EXPECT_TRUE(crossing_sides({{0, 0}, {10, 0}, {10, 10}, {10, 5}, {0, 10}})) << "a spike";
}

TEST(Shape, SharesBecomePixels) {
  EXPECT_EQ(in_pixels({{0.5, 0.25}, {1, 1}}, 640, 480), (Points{{320, 120}, {640, 480}}));
  EXPECT_EQ(in_pixels({{5, 7}, {1, 1}}, 640, 480), (Points{{5, 7}, {1, 1}}));
}

}  // namespace
}  // namespace fovea::pipeline
