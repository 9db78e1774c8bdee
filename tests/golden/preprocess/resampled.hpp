// SPDX-License-Identifier: Apache-2.0
#pragma once
// One resize with a scratch of its own, by any family of loops.

#include <opencv2/core.hpp>

#include "vision/preprocess/resample.hpp"

namespace fovea::vision::test {

inline cv::Mat resampled(const cv::Mat& rgb, const ResampleAxis& x, const ResampleAxis& y,
                         Resample filter,
                         const ResampleKernels& kernels = *resample_kernels().back()) {
  ResampleScratch scratch;
  scratch.kernels = &kernels;
  cv::Mat out(y.count, x.count, CV_8UC3, cv::Scalar::all(99));
  resample(rgb, x, y, filter, scratch, out);
  return out;
}

}  // namespace fovea::vision::test
