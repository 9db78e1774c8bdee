// SPDX-License-Identifier: Apache-2.0
#include "pipeline/decode/orientation.hpp"

#include <opencv2/core.hpp>

namespace fovea::pipeline {
namespace {

constexpr int kUpsideDown = 0, kMirror = 1, kHalfTurn = -1;  // cv::flip's codes

}  // namespace

cv::Mat upright(const cv::Mat& stored, int orientation) {
  cv::Mat turned = stored;
  if (swaps_sides(orientation)) cv::transpose(stored, turned);
  switch (orientation) {
    case 2:
    case 6:
      cv::flip(turned, turned, kMirror);
      break;
    case 3:
    case 7:
      cv::flip(turned, turned, kHalfTurn);
      break;
    case 4:
    case 8:
      cv::flip(turned, turned, kUpsideDown);
      break;
    default:
      break;
  }
  return turned;
}

}  // namespace fovea::pipeline
