// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is done to grey planes before a transform, so that their edges make no spectrum of their
// own.

#include <opencv2/core/mat.hpp>

namespace fovea::vision {

/// sin(pi (r + 1/2) / H)^2 sin(pi (c + 1/2) / W)^2, CV_32F [rows, columns]: Hann's window.
cv::Mat hann_window(int rows, int columns);

/// window * (plane - m), where the mean m is weighted by the window, so that nothing of it is left.
/// CV_32F, all of one size; `to` may be part of a larger plane.
void apply_window(const cv::Mat& plane, const cv::Mat& window, cv::Mat to);

/// rgb CV_8UC3 -> CV_32F grey (ITU-R BT.601) of `size`, each pixel the mean of those it covers.
cv::Mat small_grey(const cv::Mat& rgb, cv::Size size);

}  // namespace fovea::vision
