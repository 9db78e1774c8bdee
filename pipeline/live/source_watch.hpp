// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a source is well, and what is to be done about it: the state machine of a supervisor,
// without threads and without a clock of its own. The supervisor tells it what happened and
// when; it says when to open and when to close.

#include <chrono>
#include <cstdint>
#include <random>
#include <string>

#include "pipeline/live/status.hpp"

namespace fovea::pipeline {

struct WatchOptions {
  using Duration = std::chrono::milliseconds;
  /// To be opened, and from then to a first picture. A file may take its time.
  Duration open_timeout{10'000};
  /// Without a picture for so long a source is stalled; after as long again it is opened anew.
  Duration stall_timeout{5'000};
  /// The same picture for so long is a stall too. 0: never.
  Duration frozen_timeout{30'000};
  /// Pauses between attempts: doubled from `initial` up to `max`, each longer or shorter by up
  /// to the share `jitter`, so that many cameras behind one switch do not knock at once.
  Duration reconnect_initial{1'000}, reconnect_max{30'000};
  double jitter = 0.2;
  /// A file: neither stalls nor is opened a second time; a fault ends it.
  bool finite = false;
  /// A folder that is watched: silence is no fault.
  bool patient = false;
};

class SourceWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Order : std::uint8_t { none, open, close };

  SourceWatch(const WatchOptions& options, Time now, std::uint32_t seed);

  /// What to do now. An order is given once; after `close` nothing that the closed attempt still
  /// reports is to be passed on.
  Order due(Time now);
  /// When due() may have something new to say, if nothing happens before.
  Time next() const noexcept { return deadline_; }

  void opened(Time now);
  /// `print`: see Shot; 0 counts as changed.
  void picture(Time now, std::uint64_t print);
  /// A sign of life without a picture: the line has no room for one.
  void alive(Time now);
  void failed(Time now, std::string reason);
  void ended();

  SourceState state() const noexcept { return state_; }
  const std::string& reason() const noexcept { return reason_; }
  std::uint64_t reconnects() const noexcept { return reconnects_; }

 private:
  void stall(Time now, std::string reason);
  void back_off(Time now, std::string reason);
  bool frozen(Time now) const noexcept;
  /// Is silence a fault?
  bool keeps_time() const noexcept { return !options_.finite && !options_.patient; }
  WatchOptions::Duration pause();

  WatchOptions options_;
  SourceState state_ = SourceState::connecting;
  Time deadline_;             // of the state
  bool opening_ = false;      // between the order and opened()
  bool open_order_ = true;    // due at deadline_
  bool close_order_ = false;  // due at once
  bool was_open_ = false;
  int failures_ = 0;  // in a row
  std::uint64_t reconnects_ = 0;
  std::string reason_;
  std::uint64_t last_print_ = 0;
  Time changed_;  // when the picture last differed from the one before
  std::minstd_rand random_;
};

/// "10 s", "1.5 s", "250 ms".
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace fovea::pipeline
