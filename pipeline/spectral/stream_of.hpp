// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which pictures belong together for stages that compare a picture with earlier ones.

#include <string>

#include "pipeline/frame.hpp"

namespace fovea::pipeline {

/// A picture that lay on a disk by itself: no frame of a camera or of a video.
inline bool is_still(const FrameTag& tag) { return !tag.position && !tag.captured; }

/// Frames belong to their source; still pictures, each a source of its own, to their folder, in
/// which a camera may have left one after the other.
inline std::string stream_of(const Frame& frame) {
  return is_still(frame.tag) ? frame.path.parent_path().string() : frame.tag.source;
}

}  // namespace fovea::pipeline
