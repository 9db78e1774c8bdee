// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/supervisor.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace fovea::pipeline {

namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

void Supervisor::Bell::ring() {
  {
    std::lock_guard lock(mutex);
    ringing = true;
  }
  rung.notify_one();
}

/// One opening of the camera and all that came of it: what its thread and the supervisor share.
struct Supervisor::Attempt {
  OpenCamera open;
  std::size_t number = 0;
  std::optional<std::filesystem::path> file;
  std::shared_ptr<Board> board;
  std::shared_ptr<Slots> slots;
  std::shared_ptr<Bell> bell;

  Cancel cancelled{false};
  std::atomic<bool> waits{false};  // for room in its slot
  std::atomic<bool> home{false};   // the thread is at its end

  /// What the thread has to report; read and emptied by the supervisor.
  std::mutex mutex;
  std::optional<std::string> opened;  // the mode
  std::optional<Clock::time_point> picture;
  std::vector<std::uint64_t> prints;  // of the pictures since the last reading
  std::optional<std::string> failed;
  bool ended = false;

  void run();
  bool pass_on(Shot shot);
  template <class Change>
  void report(Change change) {
    {
      std::lock_guard lock(mutex);
      change();
    }
    bell->ring();
  }
};

void Supervisor::Attempt::run() {
  try {
    const auto camera = open(cancelled);
    report([&] { opened = camera->mode(); });
    bool open_still = true;
    while (open_still && !cancelled) {
      auto shot = camera->read();
      if (!shot) {
        report([this] { ended = true; });
        break;
      }
      open_still = pass_on(std::move(*shot));
    }
  } catch (const std::exception& error) {
    if (file) {
      Failure failure;
      failure.tag.source = file->string();
      failure.path = *file;
      failure.stage = "source";
      failure.reason = error.what();
      pass_on(shot_now(std::move(failure)));
    }
    report([&] { failed = error.what(); });
  }
  home = true;
  bell->ring();
}

/// False once nobody wants more.
bool Supervisor::Attempt::pass_on(Shot shot) {
  if (cancelled) return false;  // came back too late: the frame is another attempt's past
  const std::uint64_t frame = board->captured(number);
  if (const auto* spoilt = std::get_if<Spoilt>(&shot.picture)) {
    slots->drop(number, DropReason::decode);
    board->trouble(number, spoilt->reason);
    return true;
  }
  report([&] {
    picture = Clock::now();
    prints.push_back(shot.print);
  });
  return slots->put(number, {std::move(shot), frame}, cancelled, waits);
}

Supervisor::Supervisor(LiveSource source, std::size_t number, std::shared_ptr<Board> board,
                       std::shared_ptr<Slots> slots, std::function<void(const std::string&)> notice)
    : source_(std::move(source)),
      number_(number),
      board_(std::move(board)),
      slots_(std::move(slots)),
      notice_(std::move(notice)),
      watch_(source_.watch, Clock::now(),
             static_cast<std::uint32_t>(std::hash<std::string>()(source_.name) + number)),
      thread_([this] { run(); }) {}

Supervisor::~Supervisor() { stop(); }

void Supervisor::cancel() {
  stopping_ = true;
  bell_->ring();
}

void Supervisor::stop() {
  cancel();
  if (thread_.joinable()) thread_.join();
}

void Supervisor::run() {
  while (!stopping_) {
    take_reports();
    switch (watch_.due(Clock::now())) {
      case SourceWatch::Order::open:
        start_attempt();
        break;
      case SourceWatch::Order::close:
        give_up_attempt();
        break;
      case SourceWatch::Order::none:
        break;
    }
    publish();
    if (watch_.state() == SourceState::ended) break;
    {
      std::unique_lock lock(bell_->mutex);
      bell_->rung.wait_until(lock, watch_.next(), [this] { return bell_->ringing; });
      bell_->ringing = false;
    }
  }
  give_up_attempt();
  reap(/*wait=*/true);
  slots_->end(number_);
  watch_.ended();
  publish();
}

void Supervisor::start_attempt() {
  reap(/*wait=*/false);
  if (attempts_.size() >= kMaxAttempts) {
    watch_.failed(Clock::now(), "the camera's driver has not come back from earlier attempts");
    return;
  }
  current_ = std::make_shared<Attempt>();
  current_->open = source_.open;
  current_->number = number_;
  current_->file = source_.file;
  current_->board = board_;
  current_->slots = slots_;
  current_->bell = bell_;
  attempts_.push_back({current_, std::thread([attempt = current_] { attempt->run(); })});
}

void Supervisor::give_up_attempt() {
  if (!current_) return;
  current_->cancelled = true;
  slots_->wake();
  current_.reset();
}

void Supervisor::take_reports() {
  if (!current_) return;
  std::optional<std::string> opened, failed;
  std::vector<std::uint64_t> prints;
  std::optional<Clock::time_point> picture;
  bool ended = false;
  {
    std::lock_guard lock(current_->mutex);
    opened = std::exchange(current_->opened, std::nullopt);
    failed = std::exchange(current_->failed, std::nullopt);
    picture = std::exchange(current_->picture, std::nullopt);
    prints.swap(current_->prints);
    ended = current_->ended;
  }
  const auto now = Clock::now();
  if (opened) {
    watch_.opened(now);
    if (!opened->empty()) {
      if (mode_ != *opened && notice_) notice_(fmt::format("{}: {}", source_.name, *opened));
      mode_ = *opened;
      board_->mode(number_, mode_);
    }
  }
  for (const std::uint64_t print : prints) watch_.picture(*picture, print);
  if (current_->waits) watch_.alive(now);
  if (failed) watch_.failed(now, *failed);
  if (ended) watch_.ended();
}

void Supervisor::publish() {
  const SourceState state = watch_.state();
  if (state == published_ && watch_.reason() == published_reason_) {
    // Counters change without a change of state.
    board_->state(number_, state, {}, watch_.reconnects());
    return;
  }
  board_->state(number_, state, watch_.reason(), watch_.reconnects());
  if (notice_ && state != published_) {
    const bool worse = state == SourceState::stalled || state == SourceState::backoff;
    const bool better = state == SourceState::running && !published_reason_.empty();
    const auto name = kSourceStateNames[static_cast<std::size_t>(state)];
    if (worse) notice_(fmt::format("{}: {}: {}", source_.name, name, watch_.reason()));
    if (better) notice_(fmt::format("{}: {} again", source_.name, name));
  }
  published_ = state;
  published_reason_ = watch_.reason();
}

/// Joins the threads that are home. With `wait`, gives the others kPatience to come; those that
/// do not own all they touch and are let go.
void Supervisor::reap(bool wait) {
  if (wait) {
    const auto all_home = [this] {
      return std::ranges::all_of(attempts_,
                                 [](const Left& left) { return left.attempt->home.load(); });
    };
    std::unique_lock lock(bell_->mutex);
    bell_->rung.wait_for(lock, kPatience, all_home);
  }
  std::erase_if(attempts_, [&](Left& left) {
    if (left.attempt->home) {
      left.thread.join();
    } else if (wait) {
      left.thread.detach();
    } else {
      return false;
    }
    return true;
  });
}

}  // namespace fovea::pipeline
