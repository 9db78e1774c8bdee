// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/source_watch.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace fovea::pipeline {

SourceWatch::SourceWatch(const WatchOptions& options, Time now, std::uint32_t seed)
    : options_(options), deadline_(now), changed_(now), random_(seed) {}

SourceWatch::Order SourceWatch::due(Time now) {
  if (std::exchange(close_order_, false)) return Order::close;
  if (now < deadline_ || state_ == SourceState::ended) return Order::none;
  if (open_order_) {
    open_order_ = false;
    opening_ = true;
    state_ = SourceState::connecting;
    deadline_ = options_.finite ? Time::max() : now + options_.open_timeout;
    return Order::open;
  }
  switch (state_) {
    case SourceState::connecting:
      back_off(now, fmt::format("{} within {}", opening_ ? "no answer" : "no picture",
                                duration_text(options_.open_timeout)));
      break;
    case SourceState::running:
      stall(now, fmt::format("no picture for {}", duration_text(options_.stall_timeout)));
      return Order::none;
    case SourceState::stalled:
      back_off(now, reason_);
      break;
    case SourceState::backoff:
    case SourceState::ended:
      return Order::none;
  }
  return std::exchange(close_order_, false) ? Order::close : Order::none;
}

void SourceWatch::opened(Time now) {
  opening_ = false;
  reconnects_ += was_open_ ? 1 : 0;
  was_open_ = true;
  if (options_.patient) state_ = SourceState::running;
  deadline_ = keeps_time() ? now + options_.open_timeout : Time::max();
}

void SourceWatch::picture(Time now, std::uint64_t print) {
  failures_ = 0;
  if (print == 0 || print != last_print_) changed_ = now;
  last_print_ = print;
  if (!frozen(now)) {
    state_ = SourceState::running;
    deadline_ = keeps_time() ? now + options_.stall_timeout : Time::max();
  } else if (state_ != SourceState::stalled) {
    stall(now, fmt::format("the same picture for {}", duration_text(options_.frozen_timeout)));
  }
}

void SourceWatch::alive(Time now) {
  if (state_ == SourceState::running && keeps_time()) deadline_ = now + options_.stall_timeout;
}

void SourceWatch::failed(Time now, std::string reason) {
  if (state_ == SourceState::ended || state_ == SourceState::backoff) return;
  back_off(now, std::move(reason));
}

void SourceWatch::ended() {
  state_ = SourceState::ended;
  deadline_ = Time::max();
  close_order_ = true;
}

void SourceWatch::stall(Time now, std::string reason) {
  state_ = SourceState::stalled;
  reason_ = std::move(reason);
  deadline_ = now + options_.stall_timeout;
}

void SourceWatch::back_off(Time now, std::string reason) {
  reason_ = std::move(reason);
  opening_ = false;
  close_order_ = true;
  if (options_.finite) {
    ended();
    return;
  }
  state_ = SourceState::backoff;
  open_order_ = true;
  deadline_ = now + pause();
}

bool SourceWatch::frozen(Time now) const noexcept {
  return options_.frozen_timeout.count() > 0 && now - changed_ >= options_.frozen_timeout;
}

WatchOptions::Duration SourceWatch::pause() {
  double pause_ms = static_cast<double>(options_.reconnect_initial.count());
  for (int i = 0; i < failures_; ++i) pause_ms *= 2;
  pause_ms = std::min(pause_ms, static_cast<double>(options_.reconnect_max.count()));
  failures_ = std::min(failures_ + 1, 30);
  const double share =
      std::uniform_real_distribution<double>(-options_.jitter, options_.jitter)(random_);
  return WatchOptions::Duration(static_cast<std::int64_t>(pause_ms * (1 + share)));
}

std::string duration_text(std::chrono::milliseconds duration) {
  if (duration.count() < 1000) return fmt::format("{} ms", duration.count());
  return fmt::format("{:g} s", static_cast<double>(duration.count()) / 1000);
}

}  // namespace fovea::pipeline
