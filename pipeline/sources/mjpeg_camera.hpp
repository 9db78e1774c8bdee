// SPDX-License-Identifier: Apache-2.0
#pragma once
// A camera that sends JPEGs over HTTP, one after another (multipart/x-mixed-replace).

#include <chrono>
#include <cstdint>
#include <string>

#include "pipeline/sources/camera.hpp"

namespace fovea::pipeline {

struct MjpegOptions {
  std::string url;  // http or https; user and password in it answer Basic and Digest
  std::chrono::milliseconds open_timeout{10'000};
  std::uint64_t max_bytes = 64ULL << 20;  // of one picture
  bool prints = true;                     // needed to notice a frozen picture
};

/// Throws CameraError: with a reason of its own for a server that is not there, one that asks for
/// another password (401), one that has no such stream (404), and one that sends something else.
std::unique_ptr<Camera> open_mjpeg(const MjpegOptions& options, const Cancel& cancel);

}  // namespace fovea::pipeline
