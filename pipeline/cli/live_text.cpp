// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/live_text.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "pipeline/cli/progress.hpp"

namespace fovea::pipeline {

namespace {

std::uint64_t all_dropped(const SourceStatus& source) {
  return std::accumulate(source.dropped.begin(), source.dropped.end(), std::uint64_t{0});
}

double milliseconds(std::chrono::microseconds age) {
  return static_cast<double>(age.count()) / 1000;
}

/// "age 38/61/90 ms (p50/p95/p99)"; empty before a first answer.
std::string age_text(const SourceStatus& source) {
  if (!source.age_p50) return {};
  return fmt::format("age {:.0f}/{:.0f}/{:.0f} ms (p50/p95/p99)", milliseconds(*source.age_p50),
                     milliseconds(*source.age_p95), milliseconds(*source.age_p99));
}

}  // namespace

std::vector<std::string> live_parts(const LiveStatus& status) {
  std::vector<std::string> parts;
  const auto running =
      std::ranges::count(status.sources, SourceState::running, &SourceStatus::state);
  parts.push_back(fmt::format("{} of {} {} running", running, status.sources.size(),
                              status.sources.size() == 1 ? "source" : "sources"));
  // The source that is worst off speaks for all.
  const auto oldest = std::ranges::max_element(status.sources, {}, &SourceStatus::age_p95);
  if (oldest != status.sources.end() && oldest->age_p95) parts.push_back(age_text(*oldest));
  std::uint64_t dropped = 0;
  for (const SourceStatus& source : status.sources) dropped += all_dropped(source);
  if (dropped > 0) parts.push_back(grouped(dropped) + " dropped");
  return parts;
}

std::string live_summary(const LiveStatus& status) {
  std::string text;
  for (const SourceStatus& source : status.sources) {
    text += fmt::format("{}: {} of {} frames answered", source.name, grouped(source.answered),
                        grouped(source.captured));
    if (source.filtered > 0) text += fmt::format(", {} filtered out", grouped(source.filtered));
    if (source.failed > 0) text += fmt::format(", {} failed", grouped(source.failed));
    if (const std::uint64_t dropped = all_dropped(source); dropped > 0) {
      std::string reasons;
      for (std::size_t i = 0; i < kDropReasonNames.size(); ++i) {
        if (source.dropped[i] == 0) continue;
        reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", kDropReasonNames[i],
                               grouped(source.dropped[i]));
      }
      text += fmt::format(", {} dropped ({})", grouped(dropped), reasons);
    }
    if (source.reconnects > 0) {
      text += fmt::format(", opened again {} {}", grouped(source.reconnects),
                          source.reconnects == 1 ? "time" : "times");
    }
    if (const std::string age = age_text(source); !age.empty()) text += ", " + age;
    if (!source.reason.empty()) text += "; last trouble: " + source.reason;
    text += '\n';
  }
  return text;
}

}  // namespace fovea::pipeline
