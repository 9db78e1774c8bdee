// SPDX-License-Identifier: Apache-2.0
#pragma once
// A source of frames that may block, stop or break: webcam, RTSP, MJPEG, a video file, a folder
// that is watched. Used from one thread, which is given up where it does not come back: whatever
// a camera touches it owns.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>

#include "pipeline/frame.hpp"
#include "vision/image.hpp"

namespace fovea::pipeline {

/// A picture that came damaged: counted and not shown to anybody.
struct Spoilt {
  std::string reason;  // one line for people
};

/// One picture off a camera: decoded, or still in a file or bytes, or named and not to be had.
struct Shot {
  std::variant<vision::Image, Packet, Failure, Spoilt> picture;
  std::chrono::steady_clock::time_point captured;
  std::chrono::system_clock::time_point captured_at;
  /// How far into its source a file's frame stands; nothing for cameras.
  std::optional<std::chrono::microseconds> position;
  std::uint64_t print = 0;  // equal pictures have equal prints; 0 where none was taken
};

/// Why a camera cannot be opened or goes on no longer: one line for people, without passwords.
class CameraError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Once true, whoever waits in a camera comes back soon, where its library allows.
using Cancel = std::atomic<bool>;

/// Open from its making to its end.
class Camera {
 public:
  virtual ~Camera() = default;
  /// "1280x720, 30 fps, MJPG"; empty where that is not known before a first picture.
  virtual std::string mode() const { return {}; }
  /// Waits for the next picture; nothing at the end of a file, or once cancelled.
  /// Throws CameraError when the stream has broken.
  virtual std::optional<Shot> read() = 0;
};

/// Opens the camera. Holds copies of all it needs; `cancel` outlives the camera. Called again
/// for every attempt, on a thread that may be another each time. Throws CameraError.
using OpenCamera = std::function<std::unique_ptr<Camera>(const Cancel& cancel)>;

/// Hash of the bytes, never 0: tells a frozen picture from a still scene's noise.
std::uint64_t picture_print(const void* bytes, std::size_t count) noexcept;

/// A shot of now.
Shot shot_now(std::variant<vision::Image, Packet, Failure, Spoilt> picture);

}  // namespace fovea::pipeline
