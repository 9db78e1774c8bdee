// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which frames follow one another in a video: those of one stream, and all still pictures. For
// sinks that write videos.

#include <exception>
#include <string>

#include "pipeline/frame.hpp"

namespace fovea::pipeline {

/// A frame that has a time: of a camera or a video, not a picture that lay on a disk.
inline bool is_of_stream(const FrameTag& tag) { return tag.position || tag.captured; }

/// The stream's name; empty for a still picture.
inline std::string stream_of(const FrameTag& tag) {
  return is_of_stream(tag) ? tag.source : std::string();
}

/// Ends several things that may each throw: all of them are ended before the first error goes on.
class EndAll {
 public:
  template <class End>
  void one(End end) {
    try {
      end();
    } catch (...) {
      if (!first_) first_ = std::current_exception();
    }
  }
  void rethrow() const {
    if (first_) std::rethrow_exception(first_);
  }

 private:
  std::exception_ptr first_;
};

}  // namespace fovea::pipeline
