// SPDX-License-Identifier: Apache-2.0
#pragma once
// Threads that live and die together: the first exception stops them all and is
// rethrown when they are home.

#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace fovea::pipeline {

class Crew {
 public:
  /// `stop` makes every body return soon (it closes their channels). Called from any
  /// thread, maybe more than once.
  explicit Crew(std::function<void()> stop) : stop_(std::move(stop)) {}
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  /// Stops and waits for whoever join() has not brought home.
  ~Crew() {
    if (!threads_.empty()) stop_();
  }

  void spawn(std::function<void()> body) {
    threads_.emplace_back([this, work = std::move(body)] {
      try {
        work();
      } catch (...) {
        {
          std::lock_guard lock(mutex_);
          if (!first_) first_ = std::current_exception();
        }
        stop_();
      }
    });
  }

  /// Waits for all; throws the first exception that any of them threw.
  void join() {
    threads_.clear();  // jthread joins as it is destroyed
    if (first_) std::rethrow_exception(std::exchange(first_, nullptr));
  }

 private:
  std::function<void()> stop_;
  std::mutex mutex_;
  std::exception_ptr first_;
  std::vector<std::jthread> threads_;  // last: joined before the rest goes
};

}  // namespace fovea::pipeline
