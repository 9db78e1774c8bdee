// SPDX-License-Identifier: Apache-2.0
#pragma once
// Messages on their way to a server that may be slow, busy or gone: a bounded queue and a thread
// of its own, so that whoever leaves a message never waits. Each arrives at least once, or is
// counted as lost. Thread rule: put(), finish() and counts() from one thread.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "pipeline/hub/http_client.hpp"

namespace fovea::pipeline {

struct OutboxOptions {
  std::string url;                            // http or https
  std::string token;                          // of a bearer; empty: none is sent
  std::chrono::milliseconds timeout{10'000};  // of one attempt
  int retries = 5;                            // attempts after the first
  std::chrono::milliseconds pause{500};       // before the first retry; doubled for each further
  std::size_t room = 1000;                    // messages that wait
  /// Told when messages begin to get lost and when they arrive again; from either thread.
  std::function<void(const std::string&)> on_trouble;
};

class Outbox {
 public:
  struct Counts {
    std::uint64_t sent = 0;
    std::uint64_t overflowed = 0;   // no room
    std::uint64_t refused = 0;      // the server said no: a status that no retry changes
    std::uint64_t undelivered = 0;  // all attempts failed, or the end came first
    std::string last_failure;       // of an attempt, without secrets

    std::uint64_t lost() const { return overflowed + refused + undelivered; }
  };

  /// Throws Error where libcurl does not start.
  explicit Outbox(OutboxOptions options);
  /// As finish() without patience.
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  /// Returns at once; where there is no room the message is dropped and counted.
  void put(std::string message);
  /// Sends what waits for up to `patience` (and a second, to end the attempt at hand); the rest is
  /// dropped and counted. Nothing is to be put afterwards.
  void finish(std::chrono::milliseconds patience);
  Counts counts() const;

 private:
  enum class Fate { sent, refused, undelivered };
  void work();
  Fate deliver(const std::string& message);
  bool sleep(std::chrono::milliseconds pause);
  void tell(bool lost);

  const OutboxOptions options_;
  HttpClient client_;  // of the thread alone
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  Counts counts_;
  bool closing_ = false;
  bool busy_ = false;
  bool in_trouble_ = false;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace fovea::pipeline
