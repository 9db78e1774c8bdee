// SPDX-License-Identifier: Apache-2.0
#pragma once
// A camera at this machine, by Video4Linux.

#include <filesystem>
#include <string>

#include "pipeline/sources/camera.hpp"

namespace fovea::pipeline {

struct WebcamOptions {
  std::string device;         // "0", "/dev/video0", or part of a name below /dev/v4l/by-id
  int width = 0, height = 0;  // wished for; 0: as the camera likes
  double fps = 0;
  std::string fourcc;  // "MJPG"; empty: as the camera likes
  bool prints = true;  // needed to notice a frozen picture
};

/// The device's file. A name that keeps its meaning when cameras are plugged in in another order
/// is looked up in `by_id`. Throws CameraError where there is none, or more than one.
std::filesystem::path webcam_file(const std::string& device,
                                  const std::filesystem::path& by_id = "/dev/v4l/by-id");

/// The mode names what was negotiated and, where it differs, what was asked for.
/// Throws CameraError.
std::unique_ptr<Camera> open_webcam(const WebcamOptions& options, const Cancel& cancel);

}  // namespace fovea::pipeline
