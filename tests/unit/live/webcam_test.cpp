// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/webcam.hpp"

#include <fstream>

#include <gmock/gmock.h>

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;

/// A folder like /dev/v4l/by-id.
struct ById : testing::Test {
  ById() {
    fs::remove_all(folder);
    fs::create_directories(folder);
    for (const char* name : {"usb-046d_HD_Webcam-video-index0", "usb-046d_HD_Webcam-video-index1",
                             "usb-Logi_C920_A1-video-index0", "usb-Logi_C920_B2-video-index0"}) {
      std::ofstream(folder / name) << "x";
    }
  }
  std::string refusal(const std::string& device) const {
    try {
      return webcam_file(device, folder).string();
    } catch (const CameraError& error) {
      return error.what();
    }
  }
  const fs::path folder = fs::path(testing::TempDir()) / "fovea-v4l-by-id";
};

TEST_F(ById, APartOfTheNameIsEnough) {
  EXPECT_EQ(webcam_file("usb-046d_HD_Webcam", folder), folder / "usb-046d_HD_Webcam-video-index0");
  EXPECT_EQ(webcam_file("C920_B2", folder), folder / "usb-Logi_C920_B2-video-index0");
}

TEST_F(ById, AmbiguousAndUnknownNamesAreRefused) {
  EXPECT_EQ(refusal("C920"),
            "2 cameras below " + folder.string() + " are called C920; name more of it");
  EXPECT_EQ(refusal("Kinect"), "no camera below " + folder.string() + " is called Kinect");
}

TEST_F(ById, ANumberIsADevice) {
  EXPECT_EQ(refusal("987"), "there is no /dev/video987");
  EXPECT_EQ(refusal("/dev/video987"), "there is no /dev/video987");
}

}  // namespace
}  // namespace fovea::pipeline
