// SPDX-License-Identifier: Apache-2.0
#pragma once
// What travels down the line. One type per arrow; each is moved, never shared.
//
//   Source -> Packet -> decode -> Frame -> stages -> Frame -> Sink
//
// A picture that cannot be processed does not vanish and does not stop the
// others: it travels on as a Failure and reaches the sinks in its turn.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "pipeline/attention.hpp"
#include "vision/classify.hpp"
#include "vision/image.hpp"
#include "vision/object.hpp"
#include "vision/quality/quality.hpp"

namespace fovea::pipeline {

struct FrameTag {
  std::uint64_t index = 0;  // 0, 1, 2 ... in source order, over all sources
  std::string source;       // the path as the user would type it: the record's "source"
  std::uint64_t frame = 0;  // within its source; 0 for a still picture
  /// When a camera's frame was taken off it. Nothing for pictures that lay on a disk.
  std::optional<std::chrono::system_clock::time_point> captured;
  /// How far into its source the frame stands: a video file's time stamp, the time since a
  /// camera's first frame. Nothing for still pictures.
  std::optional<std::chrono::microseconds> position;
  /// Is it this frame's turn to be looked at by a detector? Not, where detect_every skips it:
  /// its objects are then a tracker's.
  bool detect = true;
  int degraded = 0;  // the step of latency.degrade that it was answered at; 0: in full
};

/// A picture not yet decoded: a file, or bytes already read (standard input).
struct Packet {
  FrameTag tag;
  std::filesystem::path path;  // empty when `bytes` holds the picture
  std::vector<std::byte> bytes;
};

/// Something that happened in a stream and that somebody may wait for: "line_cross", "dwell",
/// "quality_low".
struct Event {
  std::string kind;
  std::string where;      // name of the zone or line; quality_low, quality_ok: of the score
  std::string direction;  // "in" or "out"; empty where there is none
  std::optional<std::int64_t> track;
  std::string object;      // class name
  double seconds = 0;      // dwell: how long
  std::int64_t count = 0;  // overcrowding: how many; line_cross: how many in this direction so far
  double value = 0;        // quality_low, quality_ok: the score
};

struct Timings {
  double decode_ms = 0, preprocess_ms = 0;
  double inference_ms = 0;  // this picture's share of its batch, submit to result
};

/// When the answer on a camera's frame was there, and how old the picture was by then.
struct Answered {
  std::chrono::system_clock::time_point at;
  std::chrono::microseconds age{0};
};

/// A picture on its way, gathering annotations. Sinks see it last.
struct Frame {
  FrameTag tag;
  std::filesystem::path path;  // empty for standard input
  vision::Image image;         // released after the last stage that needs pixels
  cv::Mat thumbnail;           // RGB, longest side <= kThumbnailPx; empty unless a sink wants it
  int width_px = 0, height_px = 0;  // of the upright original
  int orientation = 1;              // EXIF value that was applied
  int reduction = 1;                // decoded at that fraction (decode: fast)
  /// How far the scene lies from where it lay in the first picture of its source, in pixels of the
  /// original: to the right, down. Nothing unless a stage measured it.
  std::optional<cv::Point2d> drift;
  bool truncated = false;               // decoded only in part, as the user allowed
  std::vector<vision::Label> labels;    // best first
  std::vector<vision::Object> objects;  // best first
  /// Does the chain look for objects? Then records list them also where there are none.
  bool looks_for_objects = false;
  std::optional<AttentionRows> attention_rows;  // until an `attend` stage takes them
  std::optional<Attention> attention;           // of chains with such a stage
  std::optional<vision::Quality> quality;       // of chains that look for it
  std::vector<Event> events;
  Timings timings;
  std::optional<Answered> answered;  // of live frames, set before the sinks see them
};

inline constexpr int kThumbnailPx = 160;

struct Failure {
  FrameTag tag;
  std::filesystem::path path;
  std::string stage;        // "decode"
  std::string reason;       // one line for people
  std::uint64_t bytes = 0;  // size of the input
};

template <class T>
using Outcome = std::variant<T, Failure>;

/// Thrown by a stage for one bad picture. Becomes a Failure; the line goes on.
/// While decoding or preparing, any exception but fovea::Error counts as one; elsewhere it
/// stops the line and is rethrown by run_pipeline().
class FrameError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace fovea::pipeline
