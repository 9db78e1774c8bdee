// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/workers.hpp"

#include <utility>

namespace fovea::pipeline {

Workers::Workers(int threads) {
  for (int i = 1; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

Workers::~Workers() {
  {
    std::lock_guard lock(mutex_);
    over_ = true;
  }
  begun_.notify_all();
}

void Workers::each(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::unique_lock lock(mutex_);
  work_ = &work;
  next_ = 0;
  count_ = unfinished_ = count;
  if (count > 1) begun_.notify_all();
  take_turns(lock);
  done_.wait(lock, [this] { return unfinished_ == 0; });
  work_ = nullptr;
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void Workers::serve() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    take_turns(lock);
    begun_.wait(lock, [this] { return over_ || next_ < count_; });
  }
}

void Workers::take_turns(std::unique_lock<std::mutex>& lock) {
  while (next_ < count_) {
    const std::size_t i = next_++;
    const auto& work = *work_;
    lock.unlock();
    std::exception_ptr thrown;
    try {
      work(i);
    } catch (...) {
      thrown = std::current_exception();
    }
    lock.lock();
    if (thrown && !thrown_) thrown_ = thrown;
    if (--unfinished_ == 0) done_.notify_all();
  }
}

}  // namespace fovea::pipeline
