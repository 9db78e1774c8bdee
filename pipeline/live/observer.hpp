// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who looks on while a live run is going: the page. An observer sees what the sinks see, and
// may ask at any time how the run is doing.

#include <cstddef>
#include <functional>

#include "pipeline/frame.hpp"
#include "pipeline/live/status.hpp"

namespace fovea::pipeline {

class LiveObserver {
 public:
  virtual ~LiveObserver() = default;
  /// Before the first source is opened. `status` may be called from any thread until end()
  /// has returned. Throws Error when the observer cannot start; the run then does not either.
  virtual void begin(std::function<LiveStatus()> status) = 0;
  /// Each answered frame with its pixels, after the last stage and before the sinks, in the
  /// order of its source, which is the one at `source` in LiveStatus; from one thread. Quick: the
  /// line waits for it. A copy of the picture's cv::Mat shares the pixels, which nobody changes any
  /// more.
  virtual void answered(std::size_t source, const Frame& frame) = 0;
  /// After the last frame, also when the run ends by an error. Throws nothing.
  virtual void end() noexcept = 0;
};

}  // namespace fovea::pipeline
