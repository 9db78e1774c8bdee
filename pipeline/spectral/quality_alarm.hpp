// SPDX-License-Identifier: Apache-2.0
#pragma once
// When a stream's scores have been low for long enough that somebody should know, and when they
// are fine again. One for each stream; knows no clock; one thread.

#include <array>
#include <vector>

#include "pipeline/frame.hpp"

namespace fovea::pipeline {

class QualityAlarm {
 public:
  /// The picture `seconds` into the stream. Adds quality_low for each score that has been in
  /// quality.low for `grace_s`, and quality_ok when it has been out of it for as long.
  void observe(double seconds, double grace_s, const vision::Quality& quality,
               std::vector<Event>& events);

 private:
  struct State {
    bool told_low = false;
    bool changing = false;  // the score is not what was told, since:
    double since_s = 0;
  };
  std::array<State, vision::kFlaws> states_{};
};

}  // namespace fovea::pipeline
