// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a decoder's frame to upright RGB. For av_camera.cpp.

#include <cstdint>

#include <opencv2/core/mat.hpp>

#include "pipeline/sources/av.hpp"

namespace fovea::pipeline {

class AvPicture {
 public:
  explicit AvPicture(std::uint64_t max_pixels) : max_pixels_(max_pixels) {}

  /// Takes over by which quarter turns the stream's frames stand upright.
  void turn_as(const AVStream& stream);
  /// CV_8UC3 in R, G, B order. Size and format may change from frame to frame. Throws FrameError.
  cv::Mat to_rgb(const AVFrame& frame);

 private:
  std::uint64_t max_pixels_;
  int clockwise_ = 0;  // quarter turns
  AvScaler scaler_;
};

}  // namespace fovea::pipeline
