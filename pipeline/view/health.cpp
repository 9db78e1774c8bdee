// SPDX-License-Identifier: Apache-2.0
#include "pipeline/view/health.hpp"

namespace fovea::pipeline {

void Health::observe(const LiveStatus& status, Clock::time_point now) {
  for (const SourceStatus& source : status.sources) {
    if (source.state == SourceState::running || source.state == SourceState::ended) {
      down_since_.erase(source.name);
    } else {
      down_since_.try_emplace(source.name, now);
    }
  }
}

std::vector<Complaint> Health::complaints(const LiveStatus& status, Clock::time_point now) const {
  std::vector<Complaint> found;
  if (status.device_lost) found.push_back({"", "device lost", status.device});
  for (const SourceStatus& source : status.sources) {
    if (source.state == SourceState::running || source.state == SourceState::ended) continue;
    const std::string state(kSourceStateNames[static_cast<std::size_t>(source.state)]);
    if (source.state == SourceState::stalled) {
      found.push_back({source.name, state, source.reason});
      continue;
    }
    const auto since = down_since_.find(source.name);
    if (since == down_since_.end() || now - since->second <= kPatience) continue;
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(now - since->second).count();
    found.push_back({source.name, state + " for " + std::to_string(seconds) + " s", source.reason});
  }
  return found;
}

}  // namespace fovea::pipeline
