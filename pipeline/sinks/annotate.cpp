// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/annotate.hpp"

#include <vector>

#include "pipeline/config/shape.hpp"
#include "pipeline/sinks/draw_attention.hpp"
#include "vision/draw.hpp"

namespace fovea::pipeline {
namespace {

/// `points`, as the configuration has them, in pixels of the copy.
std::vector<cv::Point2f> on_copy(const Points& points, const Frame& frame, const cv::Mat& copy) {
  const double sx = static_cast<double>(copy.cols) / frame.width_px;
  const double sy = static_cast<double>(copy.rows) / frame.height_px;
  std::vector<cv::Point2f> corners;
  for (const Point& point : in_pixels(points, frame.width_px, frame.height_px)) {
    corners.emplace_back(static_cast<float>(point.x * sx), static_cast<float>(point.y * sy));
  }
  return corners;
}

}  // namespace

cv::Mat annotated(const Frame& frame, const ZonesConfig& areas) {
  cv::Mat copy = frame.image.rgb.clone();
  if (frame.attention && !frame.attention->maps.empty()) {
    overlay_attention(copy, drawn(*frame.attention), frame.attention->area,
                      {frame.width_px, frame.height_px});
  }
  for (const ZoneConfig& zone : areas.zones) {
    if (!is_watched(zone, frame.tag.source)) continue;
    vision::draw_area(copy, on_copy(zone.polygon, frame, copy), true, zone.name);
  }
  for (const LineConfig& line : areas.lines) {
    if (!is_watched(line, frame.tag.source)) continue;
    vision::draw_area(copy, on_copy({line.from, line.to}, frame, copy), false, line.name);
  }
  vision::draw_objects(copy, frame.objects, {frame.width_px, frame.height_px});
  return copy;
}

}  // namespace fovea::pipeline
