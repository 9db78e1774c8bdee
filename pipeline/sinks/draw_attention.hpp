// SPDX-License-Identifier: Apache-2.0
#pragma once
// Maps of attention as pictures. Pure functions of their arguments.

#include <string>

#include <opencv2/core/mat.hpp>

#include "pipeline/attention.hpp"

namespace fovea::pipeline {

/// One map as it is drawn: shares of `most`, the largest value, that is above 0.
struct DrawnMap {
  cv::Mat shares;  // [rows, columns] CV_32F, 0..1; what was below 0 is 0
  double most = 0;
};
/// The mean over the map's heads.
DrawnMap drawn(const AttentionMap& map);
/// One of its heads.
DrawnMap drawn(const AttentionMap& map, int head);
/// All maps of a frame in one: at each patch the largest of their shares. Requires: one map or
/// more, all of one grid.
DrawnMap drawn(const Attention& attention);

/// Lays `map` over `rgb` [H, W, 3] u8, a copy of a picture of `original` size: between the middles
/// of patches values are interpolated. `area` is what the map covers, in pixels of the original;
/// the rest, which the model did not see, is drawn dark and without colour.
void overlay_attention(cv::Mat& rgb, const DrawnMap& map, const cv::Rect2d& area,
                       cv::Size original);

/// The map alone, each patch in one colour where it lies in the picture, what was not seen in grey,
/// and below it a scale from 0 to DrawnMap::most with `what` beside it. Longest side 320 to 1024
/// pixels.
cv::Mat heat_picture(const DrawnMap& map, const cv::Rect2d& area, cv::Size original,
                     const std::string& what);

/// The overlay of every head on a small copy of `rgb`, each under its number and largest value.
cv::Mat sheet_of_heads(const AttentionMap& map, const cv::Rect2d& area, const cv::Mat& rgb,
                       cv::Size original, const std::string& what);

/// The patch with the largest value of drawn(map): its middle, in pixels of the original.
cv::Point2d peak_of(const AttentionMap& map, const cv::Rect2d& area);

}  // namespace fovea::pipeline
