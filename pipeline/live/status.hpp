// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a live run is doing, as plain data: what the page, /metrics, /healthz and the last words
// of a run are made from. Written by the live line, read by anybody; a snapshot is a copy.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::pipeline {

enum class SourceState : std::uint8_t {
  connecting,  // not yet a first frame
  running,
  stalled,  // open, but no new picture for stall_timeout: silent, or the same picture again
  backoff,  // closed after a fault; opened again at the end of a pause
  ended,    // a file that was read to its end, or a source stopped with the run
};
inline constexpr std::array<std::string_view, 5> kSourceStateNames{"connecting", "running",
                                                                   "stalled", "backoff", "ended"};

/// Why a frame was not answered. Every frame that came off a source, did not reach the sinks and
/// was not filtered out is counted under exactly one.
enum class DropReason : std::uint8_t {
  queue,   // a newer frame took its place
  age,     // older than latency.max_age before it reached the device
  fps,     // beyond latency.max_fps
  decode,  // the frame could not be decoded
  stop,    // under way when the run was stopped
};
inline constexpr std::array<std::string_view, 5> kDropReasonNames{"queue", "age", "fps", "decode",
                                                                  "stop"};

/// Parts of a frame's way that are timed.
enum class Span : std::uint8_t { decode, preprocess, inference, stages, sinks, end_to_end };
inline constexpr std::array<std::string_view, 6> kSpanNames{"decode", "preprocess", "inference",
                                                            "stages", "sinks",      "end_to_end"};

/// Counts by upper bound, as Prometheus counts: bucket i holds what is <= kBoundsS[i] and not in
/// a bucket before it; the last holds the rest.
struct Histogram {
  static constexpr std::array<double, 12> kBoundsS{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                   0.1,   0.25,   0.5,   1,    2.5,   10};
  std::array<std::uint64_t, kBoundsS.size() + 1> buckets{};
  std::uint64_t count = 0;
  double sum_s = 0;
};

struct SourceStatus {
  std::string name;
  std::string address;  // what it reads, without passwords
  std::string mode;     // what was negotiated: "1280x720, 30 fps, MJPG"; empty before a first frame
  SourceState state = SourceState::connecting;
  std::string reason;  // of the last trouble, one line for people; empty where there was none
  /// captured = answered + filtered + failed + all of dropped + those under way.
  std::uint64_t captured = 0, answered = 0;
  std::uint64_t filtered = 0;  // kept from going on by a stage
  std::uint64_t failed = 0;    // a file or a stage's trouble: the sinks have the reason
  std::array<std::uint64_t, kDropReasonNames.size()> dropped{};
  std::uint64_t reconnects = 0;  // opened again after having been open
  /// Since the newest answered frame was captured.
  std::optional<std::chrono::milliseconds> age;
  /// Capture to result, of the last frames: nothing before the first answer.
  std::optional<std::chrono::microseconds> age_p50, age_p95, age_p99;
  std::array<Histogram, kSpanNames.size()> spans;
};

/// How much less is asked of the device than could be, because frames came too late.
struct Degraded {
  int step = 0, steps = 0;                  // 0 of steps: all is asked for
  std::uint64_t lowered = 0, restored = 0;  // changes so far
};

struct LiveStatus {
  std::string model, device;
  bool device_lost = false;
  double uptime_s = 0;
  std::optional<Degraded> degraded;  // of runs with latency.degrade
  std::vector<SourceStatus> sources;
};

}  // namespace fovea::pipeline
