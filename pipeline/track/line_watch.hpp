// SPDX-License-Identifier: Apache-2.0
#pragma once
// One line in one stream: who crosses it, which way. Knows no clock; one thread.
//
// "in" is from the left of the way from `from` to `to` to its right, as the picture shows it;
// "out" is back. A track is settled on a side when its anchor is farther from the line than a
// share of its box; a crossing is counted when it settles on the other side and its way between
// went through the line, and not around its end. So a box that trembles on the line counts
// nothing, however long, and one crossing however often it trembles on its way.

#include <cstdint>
#include <map>

#include "pipeline/config/zones_config.hpp"
#include "pipeline/frame.hpp"

namespace fovea::pipeline {

class LineWatch {
 public:
  /// `config` is borrowed. To be followed by fit().
  explicit LineWatch(const LineConfig& config) : config_(&config) {}

  /// The stream begins, or its pictures change size: no track is known. Counts stay.
  void fit(int width_px, int height_px);

  /// The frame `seconds` into the stream. Adds line_cross events, each with how many there have
  /// been in its direction.
  void observe(double seconds, Frame& frame);

 private:
  struct Walker {
    Point last;
    int side = 0;  // where settled: -1 left, +1 right, 0 not yet
    int net = 0;   // ways through the line since then: rightward less leftward
    double seen_s = 0;
  };
  int through(Point before, Point now) const;
  void settle(const vision::Object& object, int side, Walker& walker, std::vector<Event>& events);

  const LineConfig* config_;
  Point from_, to_;                         // in pixels
  std::map<std::int64_t, Walker> walkers_;  // by track
  std::int64_t in_ = 0, out_ = 0;
};

}  // namespace fovea::pipeline
