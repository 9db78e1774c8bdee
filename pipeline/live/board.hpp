// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the parts of a live run write down how they are doing, and from which a LiveStatus is
// read. Thread rule: any thread may call anything.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/frame.hpp"
#include "pipeline/live/slots.hpp"
#include "pipeline/live/status.hpp"

namespace fovea::pipeline {

/// The newest so many durations, for percentiles of what happened lately.
class RecentAges {
 public:
  static constexpr std::size_t kKept = 1024;

  void add(std::chrono::microseconds age);
  bool empty() const noexcept { return ages_.empty(); }
  /// The smallest age that at least `share` of them do not exceed. Requires: !empty().
  std::chrono::microseconds percentile(double share) const;

 private:
  std::vector<std::chrono::microseconds> ages_;
  std::size_t oldest_ = 0;  // once there are kKept
};

void add_to(Histogram& histogram, double seconds);

class Board {
 public:
  using Clock = std::chrono::steady_clock;

  struct SourceNames {
    std::string name, address;  // without passwords
  };
  explicit Board(const std::vector<SourceNames>& sources);

  void identify(std::string model, std::string device);
  void lose_device();

  /// Counts a frame that came off the source; returns how many came before it.
  std::uint64_t captured(std::size_t source);
  void mode(std::size_t source, std::string mode);
  void state(std::size_t source, SourceState state, const std::string& reason,
             std::uint64_t reconnects);
  /// Trouble that is no reason to change the state: a frame that could not be decoded.
  void trouble(std::size_t source, std::string reason);
  void answered(std::size_t source, const Frame& frame, Clock::time_point captured,
                double stages_s);
  void filtered(std::size_t source);
  void failed(std::size_t source);
  void sinks_took(std::size_t source, double seconds);

  /// `slots` knows the drops.
  LiveStatus snapshot(const Slots& slots) const;

 private:
  struct Record {
    SourceStatus status;
    RecentAges ages;
    Clock::time_point newest;  // capture of the newest answered frame
  };

  mutable std::mutex mutex_;
  Clock::time_point start_ = Clock::now();
  LiveStatus run_;
  std::vector<Record> sources_;
};

}  // namespace fovea::pipeline
