// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/shape.hpp"

#include <algorithm>

namespace fovea::pipeline {
namespace {

bool on_segment(Point a, Point b, Point p) {
  return side_of(a, b, p) == 0 && p.x >= std::min(a.x, b.x) && p.x <= std::max(a.x, b.x) &&
         p.y >= std::min(a.y, b.y) && p.y <= std::max(a.y, b.y);
}

bool opposite(double a, double b) { return (a > 0 && b < 0) || (a < 0 && b > 0); }

bool touch(Point a, Point b, Point c, Point d) {
  if (opposite(side_of(a, b, c), side_of(a, b, d)) &&
      opposite(side_of(c, d, a), side_of(c, d, b))) {
    return true;
  }
  return on_segment(a, b, c) || on_segment(a, b, d) || on_segment(c, d, a) || on_segment(c, d, b);
}

}  // namespace

Points in_pixels(Points points, int width_px, int height_px) {
  if (!are_relative(points)) return points;
  for (Point& point : points) point = {point.x * width_px, point.y * height_px};
  return points;
}

double side_of(Point a, Point b, Point p) {
  return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
}

bool contains(const Points& polygon, Point p) {
  bool inside = false;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point a = polygon[i], b = polygon[(i + 1) % polygon.size()];
    if (on_segment(a, b, p)) return true;
    if ((a.y > p.y) == (b.y > p.y)) continue;
    if (p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x)) inside = !inside;
  }
  return inside;
}

std::optional<std::pair<std::size_t, std::size_t>> crossing_sides(const Points& polygon) {
  const std::size_t count = polygon.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Point a = polygon[i], b = polygon[(i + 1) % count];
    if (a == b) return std::pair(i, (i + 1) % count);
    for (std::size_t j = i + 1; j < count; ++j) {
      const Point c = polygon[j], d = polygon[(j + 1) % count];
      const bool follows = j == i + 1, precedes = (j + 1) % count == i;
      const bool crossing = follows    ? on_segment(a, b, d) || on_segment(c, d, a)
                            : precedes ? on_segment(a, b, c) || on_segment(c, d, b)
                                       : touch(a, b, c, d);
      if (crossing) return std::pair(i, j);
    }
  }
  return std::nullopt;
}

}  // namespace fovea::pipeline
