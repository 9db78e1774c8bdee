// SPDX-License-Identifier: Apache-2.0
#pragma once
// `latency: {degrade: ...}`: where frames come too late, less is asked of the device, step by
// step, and again more once there has been room for a while. Knows no clock. Thread-safe.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/live/status.hpp"

namespace fovea::pipeline {

/// What is asked for at one step.
struct DegradeStep {
  int number = 0;   // 0: all
  int every = 1;    // so manieth frame of each source is taken
  double size = 1;  // share of the edges of the detector's input
};

class Degrade {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// What frames did is looked at this often; one change in so long at most.
  static constexpr std::chrono::milliseconds kWindow{2'000};
  /// How long there must be room before a step is taken back; doubled where that came too early.
  static constexpr std::chrono::milliseconds kPatience{10'000}, kMostPatience{300'000};

  /// `measures` are "fps" and "size", in the order in which they are taken; empty: never any.
  /// Frames older than `max_age` are late.
  Degrade(const std::vector<std::string>& measures, std::chrono::milliseconds max_age);

  /// An answer was given on a frame of that age.
  void answered(std::chrono::microseconds age);
  /// Whether it is time for another step, and then a line for people that says so. `too_old`
  /// counts the frames that were dropped for their age since the run began.
  std::optional<std::string> look(Time now, std::uint64_t too_old);

  DegradeStep step() const;
  const std::vector<DegradeStep>& steps() const { return steps_; }
  /// Nothing where there are no measures.
  std::optional<Degraded> status() const;

 private:
  std::string change(int by, const char* why);

  const std::chrono::microseconds max_age_;
  std::vector<DegradeStep> steps_{DegradeStep{}};
  mutable std::mutex mutex_;
  std::size_t at_ = 0;
  std::uint64_t lowered_ = 0, restored_ = 0;
  std::optional<Time> begun_, calm_since_, restored_at_;
  bool settling_ = false;  // frames from before the last change are still under way
  std::chrono::milliseconds patience_ = kPatience;
  /// Of this window:
  std::uint64_t in_time_ = 0, late_ = 0;
  std::chrono::microseconds oldest_{0};
  std::uint64_t too_old_ = 0;  // at its beginning
};

}  // namespace fovea::pipeline
