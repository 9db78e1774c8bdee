// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where an object stands, and whether a zone or line looks at it. Shared by the two watches.

#include <algorithm>
#include <string>
#include <vector>

#include "pipeline/config/zones_config.hpp"
#include "vision/object.hpp"

namespace fovea::pipeline {

/// In pixels of the picture, within it.
inline Point anchor_of(const vision::Box& box, Anchor anchor, int width_px, int height_px) {
  const double x = (static_cast<double>(box.x1) + static_cast<double>(box.x2)) / 2;
  const double bottom = static_cast<double>(box.y2);
  const double y = anchor == Anchor::center ? (static_cast<double>(box.y1) + bottom) / 2 : bottom;
  return {std::clamp<double>(x, 0, width_px), std::clamp<double>(y, 0, height_px)};
}

/// Does a zone or line of these `classes` look at the object? At none without a track.
inline bool looks_at(const std::vector<std::string>& classes, const vision::Object& object) {
  return object.track &&
         (classes.empty() || std::ranges::find(classes, object.name) != classes.end());
}

}  // namespace fovea::pipeline
