// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the pictures of a run come from, as plain data.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/config/place.hpp"

namespace fovea::pipeline {

enum class SourceKind : std::uint8_t {
  path,         // a picture, or a folder of pictures
  list,         // a text file with one path a line
  stdin_paths,  // "-": one path a line on standard input, or one picture's bytes
  webcam,       // a camera at this machine
  rtsp,         // a camera's stream
  mjpeg,        // JPEGs over HTTP, one after another
  video,        // a file
};

enum class Transport : std::uint8_t { tcp, udp };

/// Pauses before a broken source is opened again.
struct ReconnectConfig {
  std::chrono::milliseconds initial{1'000}, max{30'000};
  double jitter = 0.2;  // share by which a pause is made longer or shorter
};

struct SourceConfig {
  std::string name;  // key under `sources`; empty for a single `source`
  SourceKind kind = SourceKind::path;
  std::filesystem::path path;  // of path, list and video
  std::string address;         // of webcam, rtsp and mjpeg, with its password: never to be printed
  bool watch = false;          // path: also what comes to lie in the folder later
  bool recursive = true;
  bool follow_links = false;
  std::vector<std::string> include;  // globs on the path below the folder; empty: every picture
  std::vector<std::string> exclude;
  bool realtime = false;  // video: at its own pace, as a camera would give it
  Transport transport = Transport::tcp;
  int width = 0, height = 0;  // webcam: wished for; 0: as it likes
  double fps = 0;
  std::string fourcc;
  std::chrono::milliseconds open_timeout{10'000}, stall_timeout{5'000}, frozen_timeout{30'000};
  ReconnectConfig reconnect;
  Place place;
};

/// Is it a camera: something that never ends and may break?
inline bool is_camera(const SourceConfig& source) {
  return source.kind == SourceKind::webcam || source.kind == SourceKind::rtsp ||
         source.kind == SourceKind::mjpeg;
}
/// Does it need the live line?
inline bool is_live(const SourceConfig& source) {
  return is_camera(source) || source.kind == SourceKind::video || source.watch;
}

}  // namespace fovea::pipeline
