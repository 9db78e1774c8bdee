// SPDX-License-Identifier: Apache-2.0
#pragma once
// Video by FFmpeg's libraries: RTSP streams and video files.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "pipeline/config/source_config.hpp"
#include "pipeline/sources/camera.hpp"

namespace fovea::pipeline {

struct RtspOptions {
  std::string url;  // user and password in it are used
  Transport transport = Transport::tcp;
  std::chrono::milliseconds open_timeout{10'000};
  std::uint64_t max_pixels = 250'000'000;
  bool prints = true;  // needed to notice a frozen picture
};

struct VideoOptions {
  std::filesystem::path file;
  bool realtime = false;  // at the pace of its time stamps; else as fast as it is taken
  std::uint64_t max_pixels = 250'000'000;
};

/// Throws CameraError, with a reason of its own for 401 and 404. Does not outlast the time-out or
/// `cancel` by more than a moment.
std::unique_ptr<Camera> open_rtsp(const RtspOptions& options, const Cancel& cancel);

/// Frames are turned upright as the file says. Throws CameraError.
std::unique_ptr<Camera> open_video(const VideoOptions& options, const Cancel& cancel);

}  // namespace fovea::pipeline
