// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/progress.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "pipeline/cli/live_text.hpp"
#include "pipeline/sinks/json.hpp"
#include "pipeline/sinks/live_json.hpp"
#include "pipeline/sinks/sinks.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";

/// Seconds to the end at the present rate; negative where it cannot be said.
double remaining_s(const Progress& progress) {
  const std::uint64_t seen = progress.done + progress.failed + progress.filtered;
  if (progress.total <= seen || progress.images_per_s <= 0) return -1;
  return static_cast<double>(progress.total - seen) / progress.images_per_s;
}

}  // namespace

ProgressMode parse_progress(const std::string& word, std::FILE* stream) {
  if (word == "auto") {
    return ::isatty(::fileno(stream)) == 1 ? ProgressMode::bar : ProgressMode::lines;
  }
  if (word == "bar") return ProgressMode::bar;
  if (word == "lines") return ProgressMode::lines;
  if (word == "json") return ProgressMode::json;
  if (word == "none") return ProgressMode::none;
  throw ConfigError("unknown progress mode '" + word + "'", "--progress " + word,
                    "use auto, bar, lines, json or none");
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) {
    digits.insert(static_cast<std::size_t>(i), ",");
  }
  return digits;
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::llround(std::max(seconds, 0.0)));
  const std::uint64_t hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, rest)
                   : fmt::format("{}:{:02}", minutes, rest);
}

std::string progress_line(const Progress& progress, bool unicode) {
  const std::uint64_t seen = progress.done + progress.failed + progress.filtered;
  std::vector<std::string> parts;
  if (progress.total > 0) {
    parts.push_back(fmt::format("{}/{} {} %", grouped(seen), grouped(progress.total),
                                std::min<std::uint64_t>(100, 100 * seen / progress.total)));
  } else {
    parts.push_back(fmt::format("{} {}", grouped(seen), seen == 1 ? "picture" : "pictures"));
  }
  if (progress.images_per_s > 0) {
    const int decimals = progress.images_per_s < 10 ? 1 : 0;
    parts.push_back(fmt::format("{:.{}f} img/s", progress.images_per_s, decimals));
  }
  if (const double left = remaining_s(progress); left >= 0) {
    parts.push_back("ETA " + clock_text(left));
  }
  if (progress.failed > 0) {
    parts.push_back(
        fmt::format("{} {}", grouped(progress.failed), progress.failed == 1 ? "error" : "errors"));
  }
  if (progress.live) {
    for (std::string& part : live_parts(*progress.live)) parts.push_back(std::move(part));
  }
  if (!progress.bottleneck.empty()) parts.push_back(progress.bottleneck + "-bound");
  return fmt::format("{}", fmt::join(parts, unicode ? " · " : " | "));
}

std::string progress_json(const Progress& progress) {
  Json record{{"done", progress.done},
              {"failed", progress.failed},
              {"filtered", progress.filtered},
              {"total", progress.total > 0 ? Json(progress.total) : Json()},
              {"elapsed_s", rounded(progress.elapsed_s, 3)},
              {"images_per_s", rounded(progress.images_per_s, 2)}};
  const double left = remaining_s(progress);
  record["eta_s"] = left >= 0 ? Json(rounded(left, 1)) : Json();
  record["bottleneck"] = progress.bottleneck;
  if (progress.live) {
    record["sources"] = sources_json(*progress.live);
    record["degraded"] = degraded_json(*progress.live);
  }
  return to_line(record);
}

ProgressDisplay::ProgressDisplay(ProgressMode mode, std::FILE* stream,
                                 std::chrono::milliseconds interval)
    : mode_(mode),
      stream_(stream),
      interval_(interval),
      next_(std::chrono::steady_clock::now() + interval) {
  const TerminalStyle style = terminal_style(stream);
  columns_ = style.columns;
  unicode_ = style.unicode;
}

ProgressDisplay::~ProgressDisplay() {
  clear_bar();
  std::fflush(stream_);
}

void ProgressDisplay::update(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  last_ = progress;
  any_ = true;
  if (mode_ == ProgressMode::bar) {
    const std::string line = progress_line(progress, unicode_);
    // A line that wraps cannot be taken back.
    const int width = std::min(columns(line), std::max(columns_ - 1, 10));
    fmt::print(stream_, "{}{}", kClearLine, fit(line, width, Cut::end, unicode_ ? "…" : "..."));
    std::fflush(stream_);
    drawn_ = true;
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  // Programs that watch get a state a second, people who read a log every tenth.
  const auto pause = mode_ == ProgressMode::json ? interval_ / 10 : interval_;
  if (mode_ == ProgressMode::none || now < next_ - (interval_ - pause)) return;
  next_ = now + interval_;
  fmt::print(
      stream_, "{}\n",
      mode_ == ProgressMode::json ? progress_json(progress) : progress_line(progress, unicode_));
  std::fflush(stream_);
}

void ProgressDisplay::notice(const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (mode_ == ProgressMode::json || mode_ == ProgressMode::none) return;
  clear_bar();
  fmt::print(stream_, "{}\n", line);
  std::fflush(stream_);
}

void ProgressDisplay::finish() {
  const std::lock_guard lock(mutex_);
  clear_bar();
  if (mode_ == ProgressMode::json && any_) fmt::print(stream_, "{}\n", progress_json(last_));
  std::fflush(stream_);
}

void ProgressDisplay::clear_bar() {
  if (!drawn_) return;
  fmt::print(stream_, "{}", kClearLine);
  drawn_ = false;
}

}  // namespace fovea::pipeline
