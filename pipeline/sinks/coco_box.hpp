// SPDX-License-Identifier: Apache-2.0
#pragma once
// An object as COCO results write it, with their decimals: for the sink, and for whoever judges a
// detector by what the sink would have written. Pure functions.

#include "pipeline/sinks/json.hpp"
#include "vision/object.hpp"

namespace fovea::pipeline {

/// Upper left corner and size in pixels of the upright original.
struct CocoBox {
  double x = 0, y = 0, width = 0, height = 0;
  double score = 0;
};

inline CocoBox coco_box(const vision::Object& object) {
  const vision::Box& box = object.box;
  return {rounded(box.x1, 3), rounded(box.y1, 3), rounded(box.width(), 3), rounded(box.height(), 3),
          rounded(object.score, 6)};
}

}  // namespace fovea::pipeline
