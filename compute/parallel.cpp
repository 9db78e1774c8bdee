// SPDX-License-Identifier: Apache-2.0
#include "compute/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace fovea::compute {
namespace {

/// The parts of one parallel_for(), taken in ascending order: when a part is taken, all before
/// it have been, so the lowest that throws is known once every thread has returned.
class Parts {
 public:
  Parts(std::size_t count, const std::function<void(std::size_t)>& work)
      : count_(count), work_(work) {}

  void take() {
    for (std::size_t i = next_++; i < count_; i = next_++) {
      try {
        work_(i);
      } catch (...) {
        next_ = count_;
        keep(i, std::current_exception());
      }
    }
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void keep(std::size_t part, std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (part >= failed_part_) return;
    failed_part_ = part;
    failure_ = std::move(failure);
  }

  const std::size_t count_;
  const std::function<void(std::size_t)>& work_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::size_t failed_part_ = SIZE_MAX;
  std::exception_ptr failure_;
};

}  // namespace

void parallel_for(std::size_t count, const std::function<void(std::size_t)>& work) {
  Parts parts(count, work);
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> others;
  try {
    while (others.size() + 1 < std::min(cores, count)) others.emplace_back([&] { parts.take(); });
  } catch (const std::system_error&) {
    // No more threads to be had: those that run, at least this one, do it all.
  }
  parts.take();
  for (std::thread& other : others) other.join();
  parts.rethrow();
}

}  // namespace fovea::compute
