// SPDX-License-Identifier: Apache-2.0
#pragma once
// One MP4 that is being written. Owned by one sink, one thread.

#include <cstdint>
#include <filesystem>

#include <opencv2/core/mat.hpp>
#include <opencv2/videoio.hpp>

namespace fovea::pipeline {

/// How often each picture of a stream is shown in a video of constant rate, so that the video keeps
/// the stream's time: 0 for one that came too soon, several where the next took long.
class VideoPace {
 public:
  explicit VideoPace(double fps) : fps_(fps) {}

  /// How often the picture before this one is to be written again, and whether this one is then to
  /// be written: once.
  struct Step {
    std::int64_t again = 0;
    bool write = true;
  };
  /// The picture `seconds` into its stream. A pause of more than ten seconds, and a stream whose
  /// time goes back, are cut out.
  Step next(double seconds);

 private:
  double fps_;
  double start_s_ = 0, last_s_ = 0;
  std::int64_t written_ = 0;
};

/// Pictures of one size, H.264 where OpenCV has an encoder for it, else MPEG-4. Until finish() it
/// lies beside its place as NAME.partial.mp4, which no player opens.
class VideoFile {
 public:
  /// Throws ConfigError where it cannot be opened for writing. `size` is that of its first picture.
  VideoFile(std::filesystem::path path, cv::Size size, double fps);
  /// Without finish(): leaves nothing.
  ~VideoFile();
  VideoFile(const VideoFile&) = delete;
  VideoFile& operator=(const VideoFile&) = delete;

  /// `rgb` [H, W, 3] u8 `times` times; of another size than the video's it is fitted into it.
  void write(const cv::Mat& rgb, std::int64_t times = 1);
  /// Closes it and gives it its name, over what an earlier run left there. Throws Error when it is
  /// not whole: the disk is full.
  void finish();

 private:
  std::filesystem::path path_, partial_;
  cv::Size size_;  // even: encoders halve the colours
  cv::VideoWriter writer_;
  cv::Mat fitted_;
  std::int64_t written_ = 0;
};

}  // namespace fovea::pipeline
