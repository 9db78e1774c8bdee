// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whose turn the device is: one batch at a time, so that a frame waits at most for its own. Also
// knows about when the turn will be over, so that the next batch is taken from the cameras as
// late as possible and still in time. Thread-safe.

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace fovea::pipeline {

class DeviceTurn {
 public:
  using Clock = std::chrono::steady_clock;

  /// Waits until the device is idle, or will be within about `lead`.
  void await_near(Clock::duration lead) {
    std::unique_lock lock(mutex_);
    const auto near = begun_ + usual_ - lead;
    left_.wait_until(lock, near, [this] { return closed_ || !busy_; });
  }
  /// Waits until the device is idle. False once closed.
  bool await() {
    std::unique_lock lock(mutex_);
    left_.wait(lock, [this] { return closed_ || !busy_; });
    return !closed_;
  }
  /// await(), and the turn is the caller's until leave().
  bool take() {
    std::unique_lock lock(mutex_);
    left_.wait(lock, [this] { return closed_ || !busy_; });
    if (closed_) return false;
    busy_ = true;
    begun_ = Clock::now();
    return true;
  }
  void leave() {
    {
      std::lock_guard lock(mutex_);
      busy_ = false;
      const auto took = Clock::now() - begun_;
      usual_ = usual_.count() == 0 ? took : (usual_ * 3 + took) / 4;
    }
    left_.notify_all();
  }
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    left_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  bool busy_ = false, closed_ = false;
  Clock::time_point begun_;
  Clock::duration usual_{0};  // length of a turn
};

}  // namespace fovea::pipeline
