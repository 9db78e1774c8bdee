// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a live run does what it is there for: what /healthz answers. Not thread-safe.

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "pipeline/live/status.hpp"

namespace fovea::pipeline {

struct Complaint {
  std::string source;  // empty: the whole run
  std::string what;    // "stalled", "backoff for 40 s", "device lost"
  std::string reason;  // the source's own words; may be empty
};

class Health {
 public:
  using Clock = std::chrono::steady_clock;
  /// A source may be opening, or waiting to be opened again, for this long.
  static constexpr std::chrono::seconds kPatience{15};

  /// Takes note of every source's state; to be called about once a second.
  void observe(const LiveStatus& status, Clock::time_point now);
  /// Empty: all is well. A source is stalled; it has not run for longer than kPatience, in
  /// whatever states; the device is lost.
  std::vector<Complaint> complaints(const LiveStatus& status, Clock::time_point now) const;

 private:
  std::map<std::string, Clock::time_point> down_since_;
};

}  // namespace fovea::pipeline
