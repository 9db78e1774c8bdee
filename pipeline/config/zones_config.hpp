// SPDX-License-Identifier: Apache-2.0
#pragma once
// Places in the picture that are watched, as plain data. docs/tracking.md says what they mean.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/config/place.hpp"

namespace fovea::pipeline {

/// The point of a box that stands for the object.
enum class Anchor : std::uint8_t { bottom_center, center };

struct ZoneConfig {
  std::string name;
  Points polygon;
  std::vector<std::string> classes;  // empty: any
  Anchor anchor = Anchor::bottom_center;
  std::string source;                     // empty: every source
  std::chrono::milliseconds dwell{0};     // 0: nobody asks how long
  int overcrowd = 0;                      // from this many on it is too full; 0: never
  std::chrono::milliseconds grace{1000};  // out of it or out of sight for so long is still in it
  Place place;
};

struct LineConfig {
  std::string name;
  Point from, to;
  std::vector<std::string> classes;  // empty: any
  Anchor anchor = Anchor::bottom_center;
  std::string source;  // empty: every source
  Place place;
};

/// Does a zone or line look at pictures of `source`?
template <class Shape>
bool is_watched(const Shape& shape, const std::string& source) {
  return shape.source.empty() || shape.source == source;
}

struct ZonesConfig {
  std::vector<ZoneConfig> zones;
  std::vector<LineConfig> lines;
  Place place;
};

}  // namespace fovea::pipeline
