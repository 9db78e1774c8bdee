// SPDX-License-Identifier: Apache-2.0
#include "vision/object.hpp"

#include <gtest/gtest.h>

namespace fovea::vision {
namespace {

TEST(Iou, OfBoxesThatOverlapTouchAndAreEmpty) {
  const Box box{0, 0, 4, 2};
  EXPECT_FLOAT_EQ(iou(box, box), 1);
  EXPECT_FLOAT_EQ(iou(box, {2, 0, 6, 2}), 4.0f / 12.0f);
  EXPECT_FLOAT_EQ(iou(box, {1, 0.5f, 3, 1.5f}), 2.0f / 8.0f);
  EXPECT_FLOAT_EQ(iou(box, {4, 0, 8, 2}), 0);
  EXPECT_FLOAT_EQ(iou({1, 1, 1, 1}, {1, 1, 1, 1}), 0);
}

}  // namespace
}  // namespace fovea::vision
