// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/outbox.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace fovea::pipeline {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestPause{30'000};

HttpRequest request_of(const OutboxOptions& options, const std::atomic<bool>& stop) {
  HttpRequest request;
  request.url = options.url;
  // Without "Expect:" libcurl would wait for a server's leave before it sends a longer body.
  request.headers = {"Content-Type: application/json", "Expect:"};
  if (!options.token.empty()) request.headers.push_back("Authorization: Bearer " + options.token);
  request.total = options.timeout;
  request.stop = &stop;
  return request;
}

}  // namespace

Outbox::Outbox(OutboxOptions options)
    : options_(std::move(options)),
      client_({.connect = options_.timeout}),
      thread_([this] { work(); }) {}

Outbox::~Outbox() { finish(milliseconds(0)); }

void Outbox::put(std::string message) {
  bool lost = false;
  {
    std::lock_guard lock(mutex_);
    lost = closing_ || waiting_.size() >= options_.room;
    if (lost) {
      ++counts_.overflowed;
    } else {
      waiting_.push_back(std::move(message));
    }
  }
  if (lost) {
    tell(true);
  } else {
    changed_.notify_all();
  }
}

void Outbox::finish(milliseconds patience) {
  {
    std::unique_lock lock(mutex_);
    closing_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, patience, [this] { return waiting_.empty() && !busy_; });
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  std::lock_guard lock(mutex_);
  counts_.undelivered += waiting_.size();
  waiting_.clear();
}

Outbox::Counts Outbox::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

/// False where the end came meanwhile.
bool Outbox::sleep(milliseconds pause) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, pause, [this] { return stop_.load(); });
}

/// One word when it begins, one when it is over: not one for each message.
void Outbox::tell(bool lost) {
  std::string text;
  {
    std::lock_guard lock(mutex_);
    if (in_trouble_ == lost) return;
    in_trouble_ = lost;
    text = !lost ? fmt::format("events arrive again; {} were lost so far", counts_.lost())
           : counts_.last_failure.empty() ? std::string("events get lost")
                                          : "events get lost: " + counts_.last_failure;
  }
  if (options_.on_trouble) options_.on_trouble(text);
}

Outbox::Fate Outbox::deliver(const std::string& message) {
  HttpRequest request = request_of(options_, stop_);
  request.post = message;
  milliseconds pause = options_.pause;
  for (int attempt = 0;; ++attempt) {
    const HttpResponse response = client_.perform(request);
    if (response.status >= 200 && response.status < 300) return Fate::sent;
    {
      std::lock_guard lock(mutex_);
      counts_.last_failure =
          response.status != 0 ? fmt::format("answer {}", response.status) : response.failure;
    }
    if (!is_passing(response)) return Fate::refused;
    const milliseconds asked{1000 * retry_after_seconds(response)};
    if (attempt == options_.retries || !sleep(std::clamp(asked, pause, kLongestPause))) {
      return Fate::undelivered;
    }
    pause = std::min(2 * pause, kLongestPause);
  }
}

void Outbox::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_.load() || closing_ || !waiting_.empty(); });
    if (stop_ || waiting_.empty()) return;
    const std::string message = std::move(waiting_.front());
    waiting_.pop_front();
    busy_ = true;
    lock.unlock();
    const Fate fate = deliver(message);
    lock.lock();
    busy_ = false;
    ++(fate == Fate::sent      ? counts_.sent
       : fate == Fate::refused ? counts_.refused
                               : counts_.undelivered);
    lock.unlock();
    changed_.notify_all();
    tell(fate != Fate::sent);
    lock.lock();
  }
}

}  // namespace fovea::pipeline
