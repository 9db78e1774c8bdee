// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far a run is, for people and for programs, on standard error.
// Thread rule: any thread may call; calls are serialised.

#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>

#include "pipeline/line/run.hpp"

namespace fovea::pipeline {

enum class ProgressMode { bar, lines, json, none };

/// "auto" is a bar where `stream` is a terminal and lines elsewhere.
/// Throws ConfigError for another word.
ProgressMode parse_progress(const std::string& word, std::FILE* stream);

/// "41,203/120,000 34 % · 812 img/s · ETA 1:37 · 7 errors · compute-bound"
std::string progress_line(const Progress& progress, bool unicode);
/// The same as one JSON object without newline.
std::string progress_json(const Progress& progress);
/// "1:37", "1:02:03".
std::string clock_text(double seconds);
/// "41,203".
std::string grouped(std::uint64_t number);

class ProgressDisplay {
 public:
  /// Writes to `stream` (borrowed): the bar in place, or one line every `interval`.
  ProgressDisplay(ProgressMode mode, std::FILE* stream,
                  std::chrono::milliseconds interval = std::chrono::seconds(10));

  /// Takes the bar away, so that an error begins on a line of its own.
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void update(const Progress& progress);
  /// One line for people, above the bar. Nothing in the modes json and none.
  void notice(const std::string& line);
  /// Takes the bar away; in mode json, writes the last state once more.
  void finish();

 private:
  void clear_bar();

  ProgressMode mode_;
  std::FILE* stream_;
  std::chrono::milliseconds interval_;
  int columns_ = 0;
  bool unicode_ = false;
  std::mutex mutex_;
  bool drawn_ = false;
  bool any_ = false;
  Progress last_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace fovea::pipeline
