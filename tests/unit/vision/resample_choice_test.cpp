// SPDX-License-Identifier: Apache-2.0
// Where pictures are resized, from two times.
#include "vision/resample_choice.hpp"

#include <gmock/gmock.h>

namespace fovea::vision {
namespace {

TEST(ResampleChoice, TakesTheDeviceWhereItBeatsTheHostsThreads) {
  EXPECT_TRUE(compare({.host_ms = 1.0, .device_ms = 0.1}, 4).on_device);
  EXPECT_FALSE(compare({.host_ms = 1.0, .device_ms = 0.1}, 16).on_device);
  EXPECT_FALSE(compare({.host_ms = 1.0, .device_ms = 1.0}, 1).on_device);
  EXPECT_THAT(compare({.host_ms = 1.0, .device_ms = 0.125}, 4).why,
              testing::HasSubstr("the device 0.125 ms, the host 0.250"));
}

}  // namespace
}  // namespace fovea::vision
