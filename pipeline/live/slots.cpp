// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/slots.hpp"

#include <algorithm>
#include <utility>

namespace fovea::pipeline {

Slots::Slots(std::span<const QueueOptions> sources)
    : queues_(sources.begin(), sources.end()), ended_(sources.size(), false) {}

bool Slots::put(std::size_t source, Queued item, const Cancel& cancel, std::atomic<bool>& waits) {
  {
    std::unique_lock lock(mutex_);
    FrameQueue& queue = queues_[source];
    const auto may_go_on = [&] { return closed_ || cancel.load() || !queue.full(); };
    if (!may_go_on()) {
      waits = true;
      left_.wait(lock, may_go_on);
      waits = false;
    }
    if (closed_ || cancel.load()) {
      queue.count(DropReason::stop);
      return false;
    }
    queue.put(std::move(item));
  }
  arrived_.notify_one();
  return true;
}

void Slots::end(std::size_t source) {
  {
    std::lock_guard lock(mutex_);
    ended_[source] = true;
  }
  arrived_.notify_one();
}

std::vector<Taken> Slots::take(const BatchingOptions& batching) {
  std::vector<Taken> taken;
  while (taken.empty()) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return closed_ || waiting() > 0 || over(); });
    if (closed_ || over()) return {};
    if (batching.max_wait.count() > 0 && !enough(batching.most)) {
      arrived_.wait_until(lock, Clock::now() + batching.max_wait,
                          [&] { return closed_ || enough(batching.most); });
    }
    // Those that were too old are gone: it may be that nothing is left.
    taken = take_in_turn(queues_, turn_, batching.most, Clock::now());
    lock.unlock();
    left_.notify_all();
  }
  return taken;
}

void Slots::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    for (FrameQueue& queue : queues_) queue.clear(DropReason::stop);
  }
  arrived_.notify_all();
  left_.notify_all();
}

void Slots::wake() {
  // Taken, so that nobody is between having looked and waiting.
  { std::lock_guard lock(mutex_); }
  left_.notify_all();
}

void Slots::thin_to(int every) {
  std::lock_guard lock(mutex_);
  for (FrameQueue& queue : queues_) queue.thin_to(every);
}

std::uint64_t Slots::all_dropped(DropReason reason) const {
  std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const FrameQueue& queue : queues_) sum += queue.drops()[static_cast<std::size_t>(reason)];
  return sum;
}

bool Slots::too_old(std::size_t source, Clock::time_point captured, Clock::time_point now) const {
  std::lock_guard lock(mutex_);
  return queues_[source].too_old(captured, now);
}

void Slots::drop(std::size_t source, DropReason reason) {
  std::lock_guard lock(mutex_);
  queues_[source].count(reason);
}

FrameQueue::Drops Slots::drops(std::size_t source) const {
  std::lock_guard lock(mutex_);
  return queues_[source].drops();
}

std::size_t Slots::waiting() const {
  std::size_t sum = 0;
  for (const FrameQueue& queue : queues_) sum += queue.size();
  return sum;
}

bool Slots::enough(std::size_t most) const {
  std::size_t there = 0, possible = 0;
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    there += queues_[i].size();
    possible += ended_[i] ? queues_[i].size() : queues_[i].room();
  }
  return there >= std::min(most, possible);
}

bool Slots::over() const {
  return waiting() == 0 && std::ranges::all_of(ended_, [](bool ended) { return ended; });
}

}  // namespace fovea::pipeline
