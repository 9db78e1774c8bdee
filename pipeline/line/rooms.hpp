// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which place of the line is the bottleneck: the one whose threads stand still least.
// What they wait for is counted by the channels; here it is held against their time.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>

namespace fovea::pipeline {

/// Threads that do the same work. Thread-safe.
class Room {
 public:
  using Clock = std::chrono::steady_clock;
  /// `waits` sums how long all its threads have stood at their channels.
  Room(std::string name, int threads, std::function<std::chrono::nanoseconds()> waits)
      : name_(std::move(name)), threads_(threads), waits_(std::move(waits)) {}

  /// A thread is at work while it holds one of these.
  class Shift {
   public:
    explicit Shift(Room& room) : room_(room) { room_.present_.fetch_add(1); }
    ~Shift() {
      room_.finished_ns_.fetch_add((Clock::now() - room_.opened_).count());
      room_.present_.fetch_sub(1);
    }
    Shift(const Shift&) = delete;
    Shift& operator=(const Shift&) = delete;

   private:
    Room& room_;
  };

  const std::string& name() const noexcept { return name_; }
  /// Share of its threads' time since the room opened that was work, 0..1.
  double busy() const;

 private:
  std::string name_;
  int threads_;
  std::function<std::chrono::nanoseconds()> waits_;
  Clock::time_point opened_ = Clock::now();
  std::atomic<int> present_{0};
  std::atomic<std::int64_t> finished_ns_{0};
};

/// The busiest room's name; the later room where two are equal. Requires: not empty.
std::string busiest(const std::deque<Room>& rooms);

}  // namespace fovea::pipeline
