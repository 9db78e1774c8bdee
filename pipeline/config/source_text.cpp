// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/source_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <system_error>

namespace fovea::pipeline {

namespace {

constexpr std::array<std::string_view, 12> kVideoEndings{".mp4",  ".mkv", ".avi", ".mov",
                                                         ".webm", ".m4v", ".mpg", ".mpeg",
                                                         ".ts",   ".flv", ".wmv", ".ogv"};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_webcam(const std::string& text) {
  if (text.starts_with("/dev/video") || text.starts_with("/dev/v4l/")) return true;
  const bool number =
      std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
  std::error_code error;
  return number && text.size() <= 3 && !std::filesystem::exists(text, error);
}

}  // namespace

bool has_video_ending(std::string_view file_name) {
  const std::string name = lower(file_name);
  return std::ranges::any_of(kVideoEndings,
                             [&](std::string_view ending) { return name.ends_with(ending); });
}

std::string_view source_key_of(const std::string& text) {
  const std::string start = lower(text.substr(0, 8));
  if (text == "-") return "stdin";
  if (text.starts_with('@') && text.size() > 1) return "list";
  if (start.starts_with("rtsp://") || start.starts_with("rtsps://")) return "rtsp";
  if (start.starts_with("http://") || start.starts_with("https://")) return "mjpeg";
  if (is_webcam(text)) return "webcam";
  std::error_code error;
  const bool folder = std::filesystem::is_directory(text, error);
  return !folder && has_video_ending(text) ? "video" : "path";
}

void read_source_text(const std::string& text, SourceConfig& source) {
  const std::string_view key = source_key_of(text);
  if (key == "stdin") {
    source.kind = SourceKind::stdin_paths;
  } else if (key == "list") {
    source.kind = SourceKind::list;
    source.path = text.substr(1);
  } else if (key == "video") {
    source.kind = SourceKind::video;
    source.path = text;
  } else if (key == "path") {
    source.kind = SourceKind::path;
    source.path = text;
  } else {
    source.kind = key == "rtsp"    ? SourceKind::rtsp
                  : key == "mjpeg" ? SourceKind::mjpeg
                                   : SourceKind::webcam;
    source.address = text;
  }
}

}  // namespace fovea::pipeline
