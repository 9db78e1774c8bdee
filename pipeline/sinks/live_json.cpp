// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/live_json.hpp"

namespace fovea::pipeline {

namespace {

Json milliseconds(const std::optional<std::chrono::microseconds>& age) {
  return age ? Json(rounded(static_cast<double>(age->count()) / 1000, 1)) : Json();
}

}  // namespace

Json sources_json(const LiveStatus& status) {
  Json sources = Json::array();
  for (const SourceStatus& source : status.sources) {
    Json dropped = Json::object();
    for (std::size_t i = 0; i < kDropReasonNames.size(); ++i) {
      dropped[std::string(kDropReasonNames[i])] = source.dropped[i];
    }
    sources.push_back({{"name", source.name},
                       {"address", source.address},
                       {"mode", source.mode},
                       {"state", kSourceStateNames[static_cast<std::size_t>(source.state)]},
                       {"reason", source.reason},
                       {"captured", source.captured},
                       {"answered", source.answered},
                       {"filtered", source.filtered},
                       {"failed", source.failed},
                       {"dropped", std::move(dropped)},
                       {"reconnects", source.reconnects},
                       {"age_ms",
                        {{"p50", milliseconds(source.age_p50)},
                         {"p95", milliseconds(source.age_p95)},
                         {"p99", milliseconds(source.age_p99)}}}});
  }
  return sources;
}

Json degraded_json(const LiveStatus& status) {
  if (!status.degraded) return {};
  return {{"step", status.degraded->step},
          {"steps", status.degraded->steps},
          {"lowered", status.degraded->lowered},
          {"restored", status.degraded->restored}};
}

}  // namespace fovea::pipeline
