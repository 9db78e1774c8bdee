// SPDX-License-Identifier: Apache-2.0
#pragma once
// One zone in one stream: who is in it, for how long, and whether it is too full. Knows no
// clock; one thread.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pipeline/config/zones_config.hpp"
#include "pipeline/frame.hpp"

namespace fovea::pipeline {

class ZoneWatch {
 public:
  /// `config` is borrowed. To be followed by fit().
  explicit ZoneWatch(const ZoneConfig& config) : config_(&config) {}

  /// The stream begins, or its pictures change size: nobody is in the zone.
  void fit(int width_px, int height_px);

  /// The frame `seconds` into the stream. Notes the zone in the objects that stand in it, and
  /// adds events: zone_enter, zone_leave (with the seconds), dwell once a visit, overcrowd and
  /// overcrowd_end when the number of visitors reaches the limit and when it falls below it.
  void observe(double seconds, Frame& frame);

 private:
  struct Visit {
    std::string object;
    double entered_s = 0, inside_s = 0;  // inside_s: when last in it
    bool dwell_told = false;
  };
  Event event(std::string kind, std::int64_t track, const Visit& visit) const;
  void end_visits(double seconds, std::vector<Event>& events);

  const ZoneConfig* config_;
  Points polygon_;                        // in pixels
  std::map<std::int64_t, Visit> visits_;  // by track
  bool crowded_ = false;
};

}  // namespace fovea::pipeline
