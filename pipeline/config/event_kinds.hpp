// SPDX-License-Identifier: Apache-2.0
#pragma once
// What may happen in a stream: Event::kind, and what `on` of a sink may name.

#include <string>
#include <vector>

namespace fovea::pipeline {

inline const std::vector<std::string>& event_kinds() {
  static const std::vector<std::string> kinds{"line_cross",  "zone_enter", "zone_leave",
                                              "dwell",       "overcrowd",  "overcrowd_end",
                                              "quality_low", "quality_ok"};
  return kinds;
}

}  // namespace fovea::pipeline
