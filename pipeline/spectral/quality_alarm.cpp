// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spectral/quality_alarm.hpp"

#include <algorithm>
#include <string>

namespace fovea::pipeline {

void QualityAlarm::observe(double seconds, double grace_s, const vision::Quality& quality,
                           std::vector<Event>& events) {
  for (std::size_t i = 0; i < vision::kFlaws; ++i) {
    if (!quality.scores[i]) continue;
    State& state = states_[i];
    const bool low =
        std::ranges::find(quality.low, static_cast<vision::Flaw>(i)) != quality.low.end();
    if (low == state.told_low) {
      state.changing = false;
      continue;
    }
    if (!state.changing || seconds < state.since_s) {
      state.changing = true;
      state.since_s = seconds;
    }
    if (seconds - state.since_s < grace_s) continue;
    state.told_low = low;
    state.changing = false;
    Event& event = events.emplace_back();
    event.kind = low ? "quality_low" : "quality_ok";
    event.where = vision::kFlawNames[i];
    event.value = *quality.scores[i];
  }
}

}  // namespace fovea::pipeline
