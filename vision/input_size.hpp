// SPDX-License-Identifier: Apache-2.0
#pragma once
// Size of a model's input picture, in pixels. Models of one size have one; a detector's
// follows each picture's own shape.

#include <cstddef>

namespace fovea::vision {

struct InputSize {
  int h = 0, w = 0;
  /// Above 0: the device makes it, of a source packed into so many bytes
  /// (vision/preprocess/packed_source.hpp).
  std::size_t source_bytes = 0;

  friend bool operator==(const InputSize&, const InputSize&) = default;
};

}  // namespace fovea::vision
