// SPDX-License-Identifier: Apache-2.0
#pragma once
// The time that a search over plans may take. Something new is begun only while what took longest
// so far would still fit, so that a slow or busy machine does not make the search overrun by more
// than how much slower its next step is than any before.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>

namespace fovea::compute {

class TuneBudget {
 public:
  using Clock = std::chrono::steady_clock;

  /// `stop` ends the search early; null: nothing does. `now` is for tests.
  TuneBudget(double seconds, const std::atomic<bool>* stop,
             std::function<Clock::time_point()> now = Clock::now)
      : stop_(stop), now_(std::move(now)), seconds_(seconds), start_(now_()) {}

  bool is_over() const { return is_stopped() || left_s() <= 0; }
  /// Runs `work` if there is time for it; false when there is not.
  template <class Work>
  bool spend(const Work& work) {
    if (is_over() || left_s() < longest_s_) return false;
    const Clock::time_point before = now_();
    work();
    longest_s_ = std::max(longest_s_, seconds_between(before, now_()));
    return true;
  }

 private:
  static double seconds_between(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
  }
  bool is_stopped() const { return stop_ != nullptr && stop_->load(); }
  double left_s() const { return seconds_ - seconds_between(start_, now_()); }

  const std::atomic<bool>* stop_;
  std::function<Clock::time_point()> now_;
  double seconds_;
  Clock::time_point start_;
  double longest_s_ = 0;
};

}  // namespace fovea::compute
