// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where sources and line meet: every source puts its frames here, the line takes batches out.
// Thread rule: all of it from any thread; put() of one source from one thread at a time.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <span>
#include <vector>

#include "pipeline/live/frame_queue.hpp"

namespace fovea::pipeline {

struct BatchingOptions {
  std::size_t most = 1;                   // frames
  std::chrono::milliseconds max_wait{0};  // for more frames, once there is one
};

class Slots {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Slots(std::span<const QueueOptions> sources);

  /// Where the source's policy is to keep all and there is no room, waits for it, saying so by
  /// `waits`. False, and the frame counted as dropped by `stop`, once closed or `cancel`led.
  bool put(std::size_t source, Queued item, const Cancel& cancel, std::atomic<bool>& waits);
  /// No more frames of this source.
  void end(std::size_t source);
  /// Waits for frames: until a batch is full, all open sources have filled their rooms, or the
  /// wait is over. Nothing when all sources have ended and were emptied, or once closed.
  std::vector<Taken> take(const BatchingOptions& batching);
  /// Wakes everybody; what is inside is dropped by `stop`. Cancelled putters return at once.
  void close();
  /// Wakes a putter whose `cancel` was set.
  void wake();

  /// One in `every` frames of those sources that may be thinned.
  void thin_to(int every);
  /// Frames dropped for `reason`, of all sources.
  std::uint64_t all_dropped(DropReason reason) const;
  bool too_old(std::size_t source, Clock::time_point captured, Clock::time_point now) const;
  /// Counts a frame that was taken and then let go.
  void drop(std::size_t source, DropReason reason);
  FrameQueue::Drops drops(std::size_t source) const;

 private:
  std::size_t waiting() const;
  bool enough(std::size_t most) const;
  bool over() const;

  mutable std::mutex mutex_;
  std::condition_variable arrived_, left_;
  std::deque<FrameQueue> queues_;
  std::vector<bool> ended_;
  std::size_t turn_ = 0;
  bool closed_ = false;
};

}  // namespace fovea::pipeline
