// SPDX-License-Identifier: Apache-2.0
#pragma once
// What only shows over time: a lens that something covers, a camera that sends one picture for
// ever. One watch for each stream; knows no clock; one thread.

#include <optional>
#include <vector>

#include "vision/quality/quality.hpp"
#include "vision/quality/sharpness.hpp"

namespace fovea::vision {

class StreamWatch {
 public:
  /// Scores obstruction and frozen of the picture `seconds` into the stream, whose tiles have
  /// these rings; neither where there are none.
  ///
  /// obstruction: amplitude of the edges (square root of their energy, the sum of f^2 power) by
  /// its mean over the last ten minutes, at most 1.
  /// frozen: falls from 1 to 0 in the ten seconds after the last change of any ring by more than
  /// a millionth, which the noise of any camera brings with every picture.
  void observe(double seconds, const std::vector<Rings>& rings, Quality& quality);

 private:
  std::vector<Rings> previous_;
  double usual_ = 0;    // amplitude of the edges
  double seen_ = 0;     // pictures
  double seconds_ = 0;  // of the one before
  double changed_ = 0;  // when the last change was
};

}  // namespace fovea::vision
