// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tiles' Fourier transforms, on the device: all of a picture's in one run. One thread.

#include <map>
#include <string>
#include <utility>

#include <opencv2/core/mat.hpp>

#include "compute/program.hpp"
#include "vision/quality/tiles.hpp"

namespace fovea::vision {

class TileSpectra {
 public:
  /// Borrows `device`. Throws GpuError where the build has no Fourier transforms; `who` begins the
  /// message.
  TileSpectra(compute::Device& device, const std::string& who);

  /// rfft2 of each plane, for to_power(). [T * side, side] -> [T * side, side / 2 + 1] f32x2.
  /// Builds a program at the first picture of a size; after that it allocates the result alone.
  /// Requires: tiles.count > 0.
  cv::Mat operator()(const QualityTiles& tiles);

 private:
  compute::Program& program_of(int side, int planes);

  compute::Device& device_;
  std::map<std::pair<int, int>, compute::Program> programs_;  // by side and planes
};

}  // namespace fovea::vision
