// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one source keeps ready for the line: the newest frames, or all of them in turn. Knows
// neither threads nor a clock. What it lets go it counts by reason.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "pipeline/config/live_config.hpp"
#include "pipeline/live/status.hpp"
#include "pipeline/sources/camera.hpp"

namespace fovea::pipeline {

struct QueueOptions {
  Policy policy = Policy::newest;
  std::size_t room = 1;
  std::optional<std::chrono::milliseconds> max_age;  // older ones are let go when taken
  double max_fps = 0;                                // 0: as many as come
  bool may_thin = false;                             // thin_to() is for it
};

/// A frame in the queue, numbered within its source.
struct Queued {
  Shot shot;
  std::uint64_t frame = 0;
};

class FrameQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Drops = std::array<std::uint64_t, kDropReasonNames.size()>;

  explicit FrameQueue(const QueueOptions& options) : options_(options) {}

  /// Must a new frame wait? Only where the policy is to keep all.
  bool full() const noexcept {
    return options_.policy == Policy::all && items_.size() >= options_.room;
  }
  /// Requires: !full().
  void put(Queued item);
  /// From now on one in `every` is kept, the others are let go by `fps`.
  void thin_to(int every) {
    if (options_.may_thin) every_ = static_cast<std::uint64_t>(every);
  }
  /// The oldest that is not too old; nothing where there is none.
  std::optional<Queued> take(Time now);
  /// Lets all go, for that reason.
  void clear(DropReason reason);

  bool empty() const noexcept { return items_.empty(); }
  std::size_t size() const noexcept { return items_.size(); }
  std::size_t room() const noexcept { return options_.room; }
  /// Is a frame captured at `captured` too old to go on to the device?
  bool too_old(Time captured, Time now) const noexcept {
    return options_.max_age && now - captured > *options_.max_age;
  }
  const Drops& drops() const noexcept { return drops_; }
  void count(DropReason reason) { ++drops_[static_cast<std::size_t>(reason)]; }

 private:
  QueueOptions options_;
  std::deque<Queued> items_;
  Drops drops_{};
  std::optional<Time> next_due_;  // of max_fps
  std::uint64_t every_ = 1, passed_ = 0;
};

/// Up to `most` frames of all queues, oldest first within one, in turn between them: each queue
/// gives one before any gives a second. `turn` is whose turn it is, and is moved on.
struct Taken {
  std::size_t queue = 0;
  Queued item;
};
std::vector<Taken> take_in_turn(std::deque<FrameQueue>& queues, std::size_t& turn, std::size_t most,
                                FrameQueue::Time now);

}  // namespace fovea::pipeline
