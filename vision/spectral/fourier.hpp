// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fourier transforms of a few planes at a time, host to device and back, for stages that look at
// pictures without a model. Programs are kept by size. One thread.

#include <list>
#include <memory>
#include <utility>

#include <opencv2/core/mat.hpp>

#include "compute/device.hpp"
#include "compute/program.hpp"

namespace fovea::vision {

class Fourier {
 public:
  /// `device` outlives it. Throws GpuError where the build has no VkFFT; `who` begins the message.
  Fourier(compute::Device& device, const std::string& who);

  /// planes CV_32F [count * H, W], one below the other -> their spectra, CV_32FC2
  /// [count * H, W / 2 + 1]. Requires: W >= 2. Not normalised: compute::ops::rfft2().
  cv::Mat forward(const cv::Mat& planes, int count);
  /// spectra CV_32FC2 [count * H, width / 2 + 1] -> planes CV_32F [count * H, width].
  cv::Mat inverse(const cv::Mat& spectra, int count, int width);

 private:
  struct Size {
    int count = 0, rows = 0, width = 0;
    bool forward = true;
    friend bool operator==(const Size&, const Size&) = default;
  };
  cv::Mat run(const Size& size, const cv::Mat& from);
  compute::Program& program(const Size& size);

  compute::Device& device_;
  std::list<std::pair<Size, compute::Program>> programs_;  // used last: first
};

}  // namespace fovea::vision
