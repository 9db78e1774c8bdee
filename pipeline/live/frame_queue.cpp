// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/frame_queue.hpp"

#include <algorithm>
#include <utility>

namespace fovea::pipeline {

void FrameQueue::put(Queued item) {
  if (options_.max_fps > 0) {
    const auto period = std::chrono::duration_cast<Time::duration>(
        std::chrono::duration<double>(1 / options_.max_fps));
    const Time captured = item.shot.captured;
    if (next_due_ && captured < *next_due_) {
      count(DropReason::fps);
      return;
    }
    // Due times keep their beat, so that 30 frames a second thin out to exactly 20.
    next_due_ =
        next_due_ && captured - *next_due_ < period ? *next_due_ + period : captured + period;
  }
  if (passed_++ % every_ != 0) {
    count(DropReason::fps);
    return;
  }
  if (items_.size() >= options_.room) {
    items_.pop_front();
    count(DropReason::queue);
  }
  items_.push_back(std::move(item));
}

std::optional<Queued> FrameQueue::take(Time now) {
  while (!items_.empty()) {
    Queued item = std::move(items_.front());
    items_.pop_front();
    if (!too_old(item.shot.captured, now)) return item;
    count(DropReason::age);
  }
  return std::nullopt;
}

void FrameQueue::clear(DropReason reason) {
  for (std::size_t i = 0; i < items_.size(); ++i) count(reason);
  items_.clear();
}

std::vector<Taken> take_in_turn(std::deque<FrameQueue>& queues, std::size_t& turn, std::size_t most,
                                FrameQueue::Time now) {
  std::vector<Taken> taken;
  std::size_t passed = 0;  // queues in a row that had nothing
  while (taken.size() < most && passed < queues.size()) {
    const std::size_t at = turn % queues.size();
    turn = (at + 1) % queues.size();
    if (auto item = queues[at].take(now)) {
      taken.push_back({at, std::move(*item)});
      passed = 0;
    } else {
      ++passed;
    }
  }
  return taken;
}

}  // namespace fovea::pipeline
