// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/board.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fovea::pipeline {

void RecentAges::add(std::chrono::microseconds age) {
  if (ages_.size() < kKept) {
    ages_.push_back(age);
    return;
  }
  ages_[oldest_] = age;
  oldest_ = (oldest_ + 1) % kKept;
}

std::chrono::microseconds RecentAges::percentile(double share) const {
  auto sorted = ages_;
  const auto rank = static_cast<std::size_t>(
      std::max(1.0, std::ceil(share * static_cast<double>(sorted.size()))));
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(sorted.begin(), at, sorted.end());
  return *at;
}

void add_to(Histogram& histogram, double seconds) {
  const auto& bounds = Histogram::kBoundsS;
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
  ++histogram.buckets[static_cast<std::size_t>(bucket)];
  ++histogram.count;
  histogram.sum_s += seconds;
}

Board::Board(const std::vector<SourceNames>& sources) : sources_(sources.size()) {
  for (std::size_t i = 0; i < sources.size(); ++i) {
    sources_[i].status.name = sources[i].name;
    sources_[i].status.address = sources[i].address;
  }
}

void Board::identify(std::string model, std::string device) {
  std::lock_guard lock(mutex_);
  run_.model = std::move(model);
  run_.device = std::move(device);
}

void Board::lose_device() {
  std::lock_guard lock(mutex_);
  run_.device_lost = true;
}

std::uint64_t Board::captured(std::size_t source) {
  std::lock_guard lock(mutex_);
  return sources_[source].status.captured++;
}

void Board::mode(std::size_t source, std::string mode) {
  std::lock_guard lock(mutex_);
  sources_[source].status.mode = std::move(mode);
}

void Board::state(std::size_t source, SourceState state, const std::string& reason,
                  std::uint64_t reconnects) {
  std::lock_guard lock(mutex_);
  auto& status = sources_[source].status;
  status.state = state;
  if (!reason.empty()) status.reason = reason;
  status.reconnects = reconnects;
}

void Board::trouble(std::size_t source, std::string reason) {
  std::lock_guard lock(mutex_);
  sources_[source].status.reason = std::move(reason);
}

void Board::answered(std::size_t source, const Frame& frame, Clock::time_point captured,
                     double stages_s) {
  std::lock_guard lock(mutex_);
  Record& record = sources_[source];
  ++record.status.answered;
  record.newest = std::max(record.newest, captured);
  const auto add = [&](Span span, double seconds) {
    add_to(record.status.spans[static_cast<std::size_t>(span)], seconds);
  };
  if (frame.answered) {
    record.ages.add(frame.answered->age);
    add(Span::end_to_end, std::chrono::duration<double>(frame.answered->age).count());
  }
  add(Span::decode, frame.timings.decode_ms / 1000);
  if (frame.tag.detect) {
    add(Span::preprocess, frame.timings.preprocess_ms / 1000);
    add(Span::inference, frame.timings.inference_ms / 1000);
  }
  add(Span::stages, stages_s);
}

void Board::filtered(std::size_t source) {
  std::lock_guard lock(mutex_);
  ++sources_[source].status.filtered;
}

void Board::failed(std::size_t source) {
  std::lock_guard lock(mutex_);
  ++sources_[source].status.failed;
}

void Board::sinks_took(std::size_t source, double seconds) {
  std::lock_guard lock(mutex_);
  add_to(sources_[source].status.spans[static_cast<std::size_t>(Span::sinks)], seconds);
}

LiveStatus Board::snapshot(const Slots& slots) const {
  // Before the rest: a frame is counted as captured before it can be dropped, so that what is
  // under way never comes out below zero.
  std::vector<FrameQueue::Drops> drops;
  for (std::size_t i = 0; i < sources_.size(); ++i) drops.push_back(slots.drops(i));
  std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  LiveStatus status = run_;
  status.uptime_s = std::chrono::duration<double>(now - start_).count();
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const Record& record = sources_[i];
    SourceStatus source = record.status;
    source.dropped = drops[i];
    if (source.answered > 0) {
      source.age = std::chrono::duration_cast<std::chrono::milliseconds>(now - record.newest);
    }
    if (!record.ages.empty()) {
      source.age_p50 = record.ages.percentile(0.50);
      source.age_p95 = record.ages.percentile(0.95);
      source.age_p99 = record.ages.percentile(0.99);
    }
    status.sources.push_back(std::move(source));
  }
  return status;
}

}  // namespace fovea::pipeline
