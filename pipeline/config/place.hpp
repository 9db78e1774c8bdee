// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where things stand: a value in the user's file, a point in a picture.

#include <algorithm>
#include <string>
#include <vector>

namespace fovea::pipeline {

/// Where a value stands in the user's file, for messages after the check. Line 0: not from a file.
struct Place {
  std::string file;
  int line = 0, column = 0;
  std::string path;  // "stages[0].classify.model"
};

/// A point of a picture: x to the right, y down from the upper left corner.
struct Point {
  double x = 0, y = 0;

  bool operator==(const Point&) const = default;
};

/// The corners of one shape: all as shares of width and height, or all in pixels.
using Points = std::vector<Point>;

/// Whether the points are shares: none lies beyond 1.
inline bool are_relative(const Points& points) {
  return std::all_of(points.begin(), points.end(),
                     [](const Point& point) { return point.x <= 1 && point.y <= 1; });
}

/// Whether some coordinates can only be shares, and others only pixels.
inline bool mix_shares_and_pixels(const Points& points) {
  const auto between = [](double value) { return value > 0 && value < 1; };
  return !are_relative(points) && std::any_of(points.begin(), points.end(), [&](const Point& p) {
    return between(p.x) || between(p.y);
  });
}

}  // namespace fovea::pipeline
