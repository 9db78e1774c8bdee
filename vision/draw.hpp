// SPDX-License-Identifier: Apache-2.0
#pragma once
// Objects and areas drawn onto a picture: for annotated copies, thumbnails and video. A colour
// stands between dark lines and letters on a filled tag, so that both can be told from any
// background; widths and letters follow the picture's size. Pure functions of their arguments.

#include <span>
#include <string>
#include <string_view>

#include <opencv2/core/mat.hpp>

#include "vision/object.hpp"

namespace fovea::vision {

/// R, G, B of everything that belongs to class `id`: of 12 colours, neighbours far apart.
cv::Scalar colour_of(int id);

/// Width in pixels of the coloured line around an object in a picture of that size.
int line_width(cv::Size picture);

/// "dog 87 %", "dog #3 87 %" for a tracked one, "dog: beagle 87 %" where a classifier looked
/// at it. Letters that the built-in font lacks become '?'.
std::string tag_of(const Object& object);

/// Text in the letters of OpenCV's built-in font, ASCII: what it lacks becomes '?'.
std::string to_ascii(std::string_view text);

/// Draws the boxes and tags of `objects` onto `rgb` [H, W, 3] u8. Boxes are in pixels of a
/// picture of `original` size, of which `rgb` may be a smaller copy. Tags of better objects
/// find their place first; a picture too small for a tag gets the box alone.
void draw_objects(cv::Mat& rgb, std::span<const Object> objects, cv::Size original);

/// Draws an open or closed line through `corners`, in pixels of `rgb`, with its name at the
/// first of them.
void draw_area(cv::Mat& rgb, std::span<const cv::Point2f> corners, bool closed,
               std::string_view name);

}  // namespace fovea::vision
