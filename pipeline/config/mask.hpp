// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one function that keeps passwords out of everything that is printed, logged, written into
// results or served.

#include <string>
#include <string_view>

namespace fovea::pipeline {

/// `text` with every address in it stripped of its secrets: "rtsp://***:***@10.0.0.7/stream1",
/// "http://cam/video?user=***&pwd=***". What is no address stays as it is.
std::string masked(std::string_view text);

/// Does the text hold an address that went through masked()? It would open nothing.
bool is_masked(std::string_view text);

}  // namespace fovea::pipeline
