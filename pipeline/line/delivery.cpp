// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/delivery.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace fovea::pipeline {

Delivery::Delivery(std::span<Sink* const> sinks)
    : sinks_(sinks),
      wants_image_(
          std::any_of(sinks.begin(), sinks.end(), [](const Sink* s) { return s->wants_image(); })) {
  ask_for_thumbnails();
}

void Delivery::ask_for_thumbnails() {
  wants_thumbnail_.store(
      std::any_of(sinks_.begin(), sinks_.end(), [](Sink* s) { return s->wants_thumbnail(); }),
      std::memory_order_relaxed);
}

void Delivery::enter() {
  const std::uint64_t now = in_line_.fetch_add(1) + 1;
  std::uint64_t peak = peak_in_line_.load();
  while (now > peak && !peak_in_line_.compare_exchange_weak(peak, now)) {
  }
}

void Delivery::filter(std::string_view stage) {
  {
    const std::lock_guard lock(mutex_);
    ++filtered_by_[std::string(stage)];
  }
  filtered_.fetch_add(1);
  leave();
}

void Delivery::deliver(const Outcome<Frame>& outcome) {
  for (Sink* sink : sinks_) sink->write(outcome);
  const auto* frame = std::get_if<Frame>(&outcome);
  (frame ? done_ : failed_).fetch_add(1);
  if (frame && frame->reduction != 1) reduced_.fetch_add(1);
  leave();
  if (wants_thumbnail()) ask_for_thumbnails();
}

Progress Delivery::progress() const {
  Progress progress;
  progress.done = done_.load();
  progress.failed = failed_.load();
  progress.filtered = filtered_.load();
  progress.elapsed_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const auto seen = progress.done + progress.failed + progress.filtered;
  progress.images_per_s =
      progress.elapsed_s > 0 ? static_cast<double>(seen) / progress.elapsed_s : 0;
  return progress;
}

RunSummary Delivery::finish(bool interrupted, std::string bottleneck,
                            std::optional<LiveStatus> live) {
  const Progress end = progress();
  RunSummary summary;
  summary.done = end.done;
  summary.failed = end.failed;
  summary.filtered = end.filtered;
  {
    const std::lock_guard lock(mutex_);
    summary.filtered_by = filtered_by_;
  }
  summary.reduced = reduced_.load();
  summary.seen = end.done + end.failed + end.filtered;
  summary.elapsed_s = end.elapsed_s;
  summary.images_per_s = end.images_per_s;
  summary.interrupted = interrupted;
  summary.bottleneck = std::move(bottleneck);
  summary.live = std::move(live);
  std::exception_ptr first;
  for (Sink* sink : sinks_) {
    try {
      sink->finish(summary);
      if (std::string lost = sink->lost(); !lost.empty()) summary.lost.push_back(std::move(lost));
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
  return summary;
}

void Delivery::abandon() noexcept {
  try {
    finish(true, {});
  } catch (...) {  // NOLINT(bugprone-empty-catch): a broken sink is why we are here
  }
}

}  // namespace fovea::pipeline
