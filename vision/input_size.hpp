// SPDX-License-Identifier: Apache-2.0
#pragma once
// Size of a model's input picture, in pixels. Models of one size have one; a detector's
// follows each picture's own shape.

namespace fovea::vision {

struct InputSize {
  int h = 0, w = 0;

  friend bool operator==(const InputSize&, const InputSize&) = default;
};

}  // namespace fovea::vision
