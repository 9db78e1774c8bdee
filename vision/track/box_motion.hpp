// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a box is and where it is going: the Kalman filter of ByteTrack (arXiv:2110.06864,
// section 3) over centre x, centre y, aspect ratio and height, each with its velocity, with the
// noise of its reference implementation. Used by byte_tracker. A plain value; no thread rule.

#include <array>

#include "vision/object.hpp"

namespace fovea::vision {

/// The filter's noise is stated for one video frame; time is counted in frames of this rate.
inline constexpr double kFramesPerSecond = 30;

class BoxMotion {
 public:
  /// At rest at `box`. Requires: width and height above 0.
  explicit BoxMotion(const Box& box);

  /// Moves on by `frames` frames, any positive number. `freeze_height`: a box that nobody sees
  /// keeps its size.
  void predict(double frames, bool freeze_height);
  /// Takes in what was seen now.
  void correct(const Box& seen);

  Box box() const;
  /// Centre's velocity in pixels a frame.
  double velocity_x() const { return parts_[0].rate; }
  double velocity_y() const { return parts_[1].rate; }

 private:
  /// One of the four values with its velocity, and their covariance. All noise matrices of the
  /// filter are diagonal, so the four never mix: the 8 x 8 filter is four of 2 x 2.
  struct Part {
    double value = 0, rate = 0;
    double value_var = 0, covariance = 0, rate_var = 0;
  };

  std::array<Part, 4> parts_;  // centre x, centre y, width / height, height
};

}  // namespace fovea::vision
