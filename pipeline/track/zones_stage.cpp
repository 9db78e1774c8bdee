// SPDX-License-Identifier: Apache-2.0
#include "pipeline/track/zones_stage.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/config/config.hpp"
#include "pipeline/track/stream_time.hpp"

namespace fovea::pipeline {
namespace {

struct Outside {
  std::string what;
  const Place& place;
};

/// A shape in pixels that does not fit into the picture, which may be smaller than expected.
template <class Shapes, class PointsOf>
std::optional<Outside> find_outside(const char* kind, const Shapes& shapes, PointsOf points_of,
                                    const Frame& frame) {
  for (const auto& shape : shapes) {
    const Points points = points_of(shape);
    if (!is_watched(shape, frame.tag.source) || are_relative(points)) continue;
    const bool within = std::ranges::all_of(points, [&](const Point& point) {
      return point.x <= frame.width_px && point.y <= frame.height_px;
    });
    if (within) continue;
    return Outside{fmt::format("the {} '{}' reaches out of the picture, which has {} x {} pixels",
                               kind, shape.name, frame.width_px, frame.height_px),
                   shape.place};
  }
  return std::nullopt;
}

std::optional<Outside> find_outside(const ZonesConfig& config, const Frame& frame) {
  auto found = find_outside(
      "zone", config.zones, [](const ZoneConfig& zone) { return zone.polygon; }, frame);
  if (found) return found;
  return find_outside(
      "line", config.lines,
      [](const LineConfig& line) {
        return Points{line.from, line.to};
      },
      frame);
}

const char* const kUseShares = "write shares of the picture from 0 to 1, which fit any size";

}  // namespace

ZonesStage::ZonesStage(ZonesConfig config) : config_(std::move(config)) {}

ZonesStage::Stream ZonesStage::watch(const std::string& source) const {
  Stream stream;
  for (const ZoneConfig& zone : config_.zones) {
    if (is_watched(zone, source)) stream.zones.emplace_back(zone);
  }
  for (const LineConfig& line : config_.lines) {
    if (is_watched(line, source)) stream.lines.emplace_back(line);
  }
  return stream;
}

std::optional<Frame> ZonesStage::process(Frame frame) {
  Stream& stream = streams_.of(frame.tag.source, [&] { return watch(frame.tag.source); });
  const double seconds = seconds_of(frame.tag);
  const bool other_size = stream.width_px != frame.width_px || stream.height_px != frame.height_px;
  if (other_size) {
    const auto outside = find_outside(config_, frame);
    if (outside && stream.width_px == 0) {
      throw ConfigError(outside->what, to_string(outside->place), kUseShares);
    }
    if (outside) throw FrameError(outside->what);
  }
  if (other_size || seconds <= stream.seconds) {
    stream.width_px = frame.width_px;
    stream.height_px = frame.height_px;
    for (ZoneWatch& zone : stream.zones) zone.fit(frame.width_px, frame.height_px);
    for (LineWatch& line : stream.lines) line.fit(frame.width_px, frame.height_px);
  }
  stream.seconds = seconds;
  for (ZoneWatch& zone : stream.zones) zone.observe(seconds, frame);
  for (LineWatch& line : stream.lines) line.observe(seconds, frame);
  return frame;
}

}  // namespace fovea::pipeline
