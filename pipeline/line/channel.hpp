// SPDX-License-Identifier: Apache-2.0
#pragma once
// The arrows of the line: bounded queues between threads. A full queue blocks the
// writer, and that is all the back-pressure there is. Closing wakes everyone.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace fovea::pipeline {

/// How long threads have stood still at one end of a channel, all of them together, those
/// who stand there now included. Guarded by the channel's mutex.
class WaitClock {
 public:
  using Clock = std::chrono::steady_clock;

  Clock::duration total() const {
    return finished_ + waiting_ * Clock::now().time_since_epoch() - started_;
  }
  /// Waits on `changed` until `ready`. No clock is read if it is ready now.
  template <class Ready>
  void wait(std::condition_variable& changed, std::unique_lock<std::mutex>& lock, Ready ready) {
    if (ready()) return;
    const auto start = Clock::now().time_since_epoch();
    ++waiting_;
    started_ += start;
    changed.wait(lock, ready);
    --waiting_;
    started_ -= start;
    finished_ += Clock::now().time_since_epoch() - start;
  }

 private:
  Clock::duration finished_{0};
  int waiting_ = 0;             // threads that wait now
  Clock::duration started_{0};  // sum of the times they began
};

/// What pop_ticket() gives: the value, and how many were taken before it.
template <class T>
struct Ticketed {
  std::uint64_t ticket = 0;
  T value;
};

/// First in, first out; any number of threads at both ends.
template <class T>
class Channel {
 public:
  /// Requires: capacity >= 1.
  explicit Channel(std::size_t capacity) : capacity_(capacity) {}

  /// Blocks while full. Returns false, dropping `value`, once closed.
  bool push(T value) {
    {
      std::unique_lock lock(mutex_);
      push_wait_.wait(not_full_, lock, [&] { return closed_ || items_.size() < capacity_; });
      if (closed_) return false;
      items_.push_back(std::move(value));
    }
    not_empty_.notify_one();
    return true;
  }

  /// Blocks while empty. Returns nothing once closed and drained.
  std::optional<T> pop() {
    auto taken = pop_ticket();
    if (!taken) return std::nullopt;
    return std::optional<T>(std::move(taken->value));
  }

  /// pop(), numbered 0, 1, 2 ... in the order of the queue: where several threads
  /// share the work, the ticket puts their results back in order (OrderedChannel).
  std::optional<Ticketed<T>> pop_ticket() {
    std::optional<Ticketed<T>> taken;
    {
      std::unique_lock lock(mutex_);
      pop_wait_.wait(not_empty_, lock, [&] { return closed_ || !items_.empty(); });
      if (items_.empty()) return std::nullopt;
      taken.emplace(Ticketed<T>{next_ticket_++, std::move(items_.front())});
      items_.pop_front();
    }
    not_full_.notify_one();
    return taken;
  }

  /// No more pushes; what is inside can still be popped.
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    not_full_.notify_all();
    not_empty_.notify_all();
  }

  std::chrono::nanoseconds push_wait() const {
    std::lock_guard lock(mutex_);
    return push_wait_.total();
  }
  std::chrono::nanoseconds pop_wait() const {
    std::lock_guard lock(mutex_);
    return pop_wait_.total();
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable not_full_, not_empty_;
  std::deque<T> items_;
  std::uint64_t next_ticket_ = 0;
  bool closed_ = false;
  WaitClock push_wait_, pop_wait_;
};

/// Takes values in any order, gives them in the order of their tickets. Only tickets less
/// than `window` ahead of the next one due are let in, so a slow picture holds up at most
/// `window` others. The one that is due is always let in: it cannot lock up.
template <class T>
class OrderedChannel {
 public:
  /// Requires: window >= 1, writers >= 1; every writer calls leave() once.
  OrderedChannel(std::size_t window, int writers) : slots_(window), writers_(writers) {}

  /// Blocks while `ticket` is too far ahead. Returns false, dropping `value`, once closed.
  /// Requires: every ticket from 0 on is pushed exactly once.
  bool push(std::uint64_t ticket, T value) {
    bool is_due = false;
    {
      std::unique_lock lock(mutex_);
      push_wait_.wait(moved_on_, lock, [&] { return closed_ || ticket < due_ + slots_.size(); });
      if (closed_) return false;
      slots_[ticket % slots_.size()].emplace(std::move(value));
      is_due = ticket == due_;
    }
    if (is_due) arrived_.notify_one();
    return true;
  }

  /// The value whose turn it is. Blocks until it is there; returns nothing once every
  /// writer has left, or the channel was closed, and it is not.
  std::optional<T> pop() {
    std::optional<T> value;
    {
      std::unique_lock lock(mutex_);
      pop_wait_.wait(arrived_, lock,
                     [&] { return closed_ || writers_ == 0 || current().has_value(); });
      if (!current()) return std::nullopt;
      value.swap(current());
      ++due_;
    }
    moved_on_.notify_all();  // each writer waits for a place of its own
    return value;
  }

  /// One writer will push no more.
  void leave() {
    {
      std::lock_guard lock(mutex_);
      --writers_;
    }
    arrived_.notify_all();
  }

  /// Nobody pushes any more, whoever has not left.
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    moved_on_.notify_all();
    arrived_.notify_all();
  }

  std::chrono::nanoseconds push_wait() const {
    std::lock_guard lock(mutex_);
    return push_wait_.total();
  }
  std::chrono::nanoseconds pop_wait() const {
    std::lock_guard lock(mutex_);
    return pop_wait_.total();
  }

 private:
  std::optional<T>& current() { return slots_[due_ % slots_.size()]; }

  mutable std::mutex mutex_;
  std::condition_variable moved_on_, arrived_;
  std::deque<std::optional<T>> slots_;  // a ring; deque: T need not be movable as a block
  std::uint64_t due_ = 0;
  int writers_;
  bool closed_ = false;
  WaitClock push_wait_, pop_wait_;
};

}  // namespace fovea::pipeline
