// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a source is when only its name or address is given, in YAML or on the command line.

#include <string>
#include <string_view>

#include "pipeline/config/source_config.hpp"

namespace fovea::pipeline {

/// The key that the text would stand under: "stdin" for "-", "list" for "@file", "rtsp", "mjpeg"
/// (http, https), "webcam" (a number that names no file here, or /dev/video0), "video" by the
/// file's ending, else "path".
std::string_view source_key_of(const std::string& text);

/// Ends the name like a video file's? Any case.
bool has_video_ending(std::string_view file_name);

/// Sets kind and place of `source` as if the text stood under source_key_of().
void read_source_text(const std::string& text, SourceConfig& source);

}  // namespace fovea::pipeline
