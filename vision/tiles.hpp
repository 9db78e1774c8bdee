// SPDX-License-Identifier: Apache-2.0
#pragma once
// A picture in overlapping parts, and what was found in the parts as one list. Pure functions.

#include <cstddef>
#include <vector>

#include <opencv2/core/types.hpp>

#include "vision/object.hpp"

namespace fovea::vision {

/// Rectangles of one size that cover a picture, in rows: `size` pixels wide and high, or as much as
/// the picture has, spread evenly so that neighbours share at least `overlap` of their side.
/// Requires: a picture of 1 pixel or more, size >= 1, 0 <= overlap < 1.
std::vector<cv::Rect> tiles_of(cv::Size picture, int size, double overlap);

/// What was found in one part of a picture, in pixels of that part.
struct PartObjects {
  cv::Rect part;
  std::vector<Object> objects;
};

/// The objects of all parts in pixels of the picture, best first, each thing once:
/// - a box is cut where it reaches a side of its part that is no side of the picture;
/// - of two whole boxes of one class and of different parts, whose intersection over union is above
///   one half, the better stays;
/// - a cut one goes where a whole one, or a better cut one, of its class and of another part
///   covers more than half of it.
/// Boxes of one part are never compared: the detector answers once for each thing.
std::vector<Object> merge_parts(cv::Size picture, std::vector<PartObjects> parts);

}  // namespace fovea::vision
