// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/make_key.hpp"
#include "pipeline/config/mask.hpp"

namespace fovea::pipeline {
namespace {

/// `path`, `list` and `stdin` share two members: which kind, and where.
Key source_key(std::string name, ValueType type, SourceKind kind, std::string doc) {
  Key result = composite(std::move(name), type, std::move(doc), false);
  result.set = [kind](void* target, const Value& value) {
    auto& source = *static_cast<SourceConfig*>(target);
    if (kind == SourceKind::stdin_paths) {
      if (std::get<bool>(value)) source.kind = kind;
      return;
    }
    source.kind = kind;
    source.path = std::get<std::string>(value);
  };
  result.get = [kind](const void* target) -> Value {
    const auto& source = *static_cast<const SourceConfig*>(target);
    if (kind == SourceKind::stdin_paths) return source.kind == kind;
    return source.kind == kind ? source.path.string() : std::string();
  };
  return result;
}

/// `webcam`, `rtsp` and `mjpeg` likewise. What is written down of an address has no password.
Key address_key(std::string name, SourceKind kind, std::string doc) {
  Key result = composite(std::move(name), ValueType::text, std::move(doc), false);
  result.set = [kind](void* target, const Value& value) {
    auto& source = *static_cast<SourceConfig*>(target);
    source.kind = kind;
    source.address = std::get<std::string>(value);
  };
  result.get = [kind](const void* target) -> Value {
    const auto& source = *static_cast<const SourceConfig*>(target);
    return source.kind == kind ? masked_address(source.address) : std::string();
  };
  return result;
}

const char* const kAnyOrder = "globs on the path below the folder, as in '**/*.jpg'";

}  // namespace

const Section& reconnect_section() {
  static const Section section{
      "reconnect",
      "Pauses before a source that broke is opened again: doubled each time it stays away",
      "",
      {key("initial", ValueType::duration, &ReconnectConfig::initial, "The first pause",
           {.min = 1, .max = 3'600'000}),
       key("max", ValueType::duration, &ReconnectConfig::max, "The longest pause",
           {.min = 1, .max = 3'600'000}),
       key("jitter", ValueType::score, &ReconnectConfig::jitter,
           "Share by which a pause is made longer or shorter, so that cameras do not all come at "
           "once",
           {.min = 0, .max = 1})}};
  return section;
}

const Section& source_section() {
  static const Section section{
      "source",
      "Where pictures come from",
      "path",
      {source_key("path", ValueType::path, SourceKind::path, "A picture or a folder of pictures"),
       source_key("list", ValueType::path, SourceKind::list, "A text file with one path a line"),
       source_key("stdin", ValueType::boolean, SourceKind::stdin_paths,
                  "Read one path a line, or one picture, from standard input"),
       address_key("webcam", SourceKind::webcam,
                   "A camera here: 0, /dev/video0, or part of its name in /dev/v4l/by-id"),
       address_key("rtsp", SourceKind::rtsp,
                   "A stream: rtsp://${CAM_USER}:${CAM_PASSWORD}@10.0.0.7/stream1"),
       address_key("mjpeg", SourceKind::mjpeg, "JPEGs over HTTP: http://10.0.0.8/video.mjpg"),
       source_key("video", ValueType::path, SourceKind::video, "A video file"),
       key("watch", ValueType::boolean, &SourceConfig::watch,
           "path: go on with pictures that come to lie in the folder"),
       key("realtime", ValueType::boolean, &SourceConfig::realtime,
           "video: at its own pace, as a camera would; else as fast as the device takes it"),
       key("transport", ValueType::choice, &SourceConfig::transport,
           "rtsp: tcp loses nothing, udp has less delay on a good network",
           {.choices = {"tcp", "udp"}}),
       key("width", ValueType::integer, &SourceConfig::width,
           "webcam: wished for, in pixels; the mode that was agreed on is printed",
           {.min = 0, .max = 65'535}),
       key("height", ValueType::integer, &SourceConfig::height, "webcam: wished for, in pixels",
           {.min = 0, .max = 65'535}),
       key("fps", ValueType::real, &SourceConfig::fps, "webcam: wished for, frames a second",
           {.min = 0, .max = 1000}),
       key("fourcc", ValueType::text, &SourceConfig::fourcc,
           "webcam: its pixel format, as in MJPG; many give large pictures only in that"),
       key("open_timeout", ValueType::duration, &SourceConfig::open_timeout,
           "Cameras: until a first picture; then it is tried again", {.min = 1, .max = 3'600'000}),
       key("stall_timeout", ValueType::duration, &SourceConfig::stall_timeout,
           "Cameras: stalled after so long without a picture; opened anew after twice that",
           {.min = 1, .max = 3'600'000}),
       key("frozen_timeout", ValueType::duration, &SourceConfig::frozen_timeout,
           "Cameras: stalled after so long with the very same picture",
           {.min = 0, .max = 86'400'000, .word_for_0 = "off"}),
       nested("reconnect", reconnect_section(), &SourceConfig::reconnect, reconnect_section().doc),
       key("recursive", ValueType::boolean, &SourceConfig::recursive,
           "Also the folders inside the folder"),
       key("follow_links", ValueType::boolean, &SourceConfig::follow_links,
           "Also folders behind symbolic links"),
       key("include", ValueType::texts, &SourceConfig::include,
           std::string("Only these files: ") + kAnyOrder),
       key("exclude", ValueType::texts, &SourceConfig::exclude,
           std::string("Never these files: ") + kAnyOrder)}};
  return section;
}

}  // namespace fovea::pipeline
