// SPDX-License-Identifier: Apache-2.0
#pragma once
// The end of the line: hands each outcome to every sink and counts. deliver() from one
// thread; the counts may be read from any.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/frame.hpp"
#include "pipeline/line/progress.hpp"
#include "pipeline/sinks/sink.hpp"

namespace fovea::pipeline {

class Delivery {
 public:
  explicit Delivery(std::span<Sink* const> sinks);

  /// One picture came onto the line; one left it without reaching the sinks, let go by `stage`.
  /// Any thread.
  void enter();
  void filter(std::string_view stage);
  /// Throws what a sink throws.
  void deliver(const Outcome<Frame>& outcome);

  /// Does any sink still want thumbnails?
  bool wants_thumbnail() const { return wants_thumbnail_.load(std::memory_order_relaxed); }
  /// Must pictures keep their pixels to the end?
  bool wants_image() const { return wants_image_; }
  Progress progress() const;
  /// Most pictures on the line at one time.
  std::uint64_t peak_in_line() const { return peak_in_line_.load(); }

  /// Ends the sinks after a run that went to its end or was stopped by the user.
  /// Throws what a sink throws, after all have been ended.
  RunSummary finish(bool interrupted, std::string bottleneck, std::optional<LiveStatus> live = {});
  /// Ends the sinks after an error: what was written stays readable. Throws nothing:
  /// the error that ended the run is the one to report.
  void abandon() noexcept;

 private:
  void leave() { in_line_.fetch_sub(1); }
  void ask_for_thumbnails();

  std::span<Sink* const> sinks_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool wants_image_;
  std::atomic<bool> wants_thumbnail_{false};
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> filtered_by_;  // under mutex_
  std::atomic<std::uint64_t> done_{0}, failed_{0}, filtered_{0}, reduced_{0}, in_line_{0},
      peak_in_line_{0};
};

}  // namespace fovea::pipeline
