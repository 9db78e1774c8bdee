// SPDX-License-Identifier: Apache-2.0
#pragma once
// Threads that share out the frames of one batch. Used from one thread.

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace fovea::pipeline {

class Workers {
 public:
  /// `threads` in all, the caller's included. >= 1.
  explicit Workers(int threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// work(0) ... work(count - 1), several at once; returns when all are done. Throws what the
  /// first of them threw, after the others.
  void each(std::size_t count, const std::function<void(std::size_t)>& work);

 private:
  void serve();
  void take_turns(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable begun_, done_;
  const std::function<void(std::size_t)>* work_ = nullptr;
  std::size_t next_ = 0, count_ = 0, unfinished_ = 0;
  std::exception_ptr thrown_;
  bool over_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace fovea::pipeline
