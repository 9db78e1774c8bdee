// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pipeline/config/check.hpp"
#include "pipeline/config/nearest.hpp"
#include "pipeline/config/shape.hpp"

namespace fovea::pipeline {
namespace {

void check_shape(const ZoneConfig& zone, std::vector<Fault>& faults) {
  if (zone.polygon.size() < 3) return;  // a fault already
  if (const auto sides = crossing_sides(zone.polygon)) {
    faults.push_back(
        {zone.place,
         fmt::format("the polygon of zone '{}' crosses or touches itself: its sides {} and {}",
                     zone.name, sides->first + 1, sides->second + 1),
         "list the corners in the order in which a pen would draw them around the zone"});
  }
}

void check_shape(const LineConfig& line, std::vector<Fault>& faults) {
  if (line.from == line.to) {
    faults.push_back({line.place, fmt::format("line '{}' ends where it begins", line.name),
                      "give 'from' and 'to' two different points"});
  } else if (mix_shares_and_pixels({line.from, line.to})) {
    faults.push_back({line.place,
                      fmt::format("line '{}' mixes shares of the picture with pixels", line.name),
                      "write all points as shares from 0 to 1, or all in pixels"});
  }
}

void check_source_name(const std::string& source, const Place& place, const RunConfig& config,
                       std::vector<Fault>& faults) {
  std::vector<std::string> names;
  for (const SourceConfig& known : config.sources) {
    if (!known.name.empty()) names.push_back(known.name);
  }
  if (source.empty() || std::ranges::find(names, source) != names.end()) return;
  if (names.empty()) {
    faults.push_back({place, "no source has a name, so none is called '" + source + "'",
                      "name it: sources: {" + source + ": ...}, or leave out 'source'"});
    return;
  }
  const std::string near = nearest_name(source, names);
  faults.push_back({place, "there is no source '" + source + "'",
                    (near.empty() ? "" : "did you mean '" + near + "'? ") +
                        "One of: " + fmt::format("{}", fmt::join(names, ", "))});
}

template <class Shape>
void check_all(const char* kind, const std::vector<Shape>& shapes, const RunConfig& config,
               std::vector<Fault>& faults) {
  std::set<std::string> names;
  for (const Shape& shape : shapes) {
    if (!shape.name.empty() && !names.insert(shape.name).second) {
      faults.push_back({shape.place, fmt::format("a second {} named '{}'", kind, shape.name),
                        "give each a name of its own: events tell them apart by it"});
    }
    check_shape(shape, faults);
    check_source_name(shape.source, shape.place, config, faults);
  }
}

}  // namespace

void check_zones(const ZonesConfig& zones, const RunConfig& config, std::vector<Fault>& faults) {
  check_all("zone", zones.zones, config, faults);
  check_all("line", zones.lines, config, faults);
  const bool faulty = std::ranges::any_of(faults, [&](const Fault& fault) {
    return fault.place.path.starts_with(zones.place.path + ".");
  });
  if (zones.zones.empty() && zones.lines.empty() && !faulty) {
    faults.push_back({zones.place, "'zones' watches nothing",
                      "add zones: [{name: NAME, polygon: [[x, y], ...]}] or "
                      "lines: [{name: NAME, from: [x, y], to: [x, y]}]"});
  }
}

void check_track(const TrackConfig& track, std::vector<Fault>& faults) {
  const auto check = [&](const char* low, double low_score, const char* high, double high_score) {
    if (low_score <= high_score) return;
    faults.push_back({track.place,
                      fmt::format("{} ({}) lies above {} ({})", low, low_score, high, high_score),
                      "scores rise: low_score, high_score, new_score"});
  };
  check("low_score", track.low_score, "high_score", track.high_score);
  check("high_score", track.high_score, "new_score", track.new_score);
}

}  // namespace fovea::pipeline
