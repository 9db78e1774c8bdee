// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a detector finds in a picture.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vision/classify.hpp"

namespace fovea::vision {

/// Corners in pixels of the upright original, not rounded: x1 <= x2, y1 <= y2, within the picture.
struct Box {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;

  float width() const { return x2 - x1; }
  float height() const { return y2 - y1; }
  float area() const { return width() * height(); }
};

/// Intersection over union of two boxes, 0..1; 0 where both are empty.
float iou(const Box& a, const Box& b);

struct Object {
  Box box;
  int id = 0;  // class id, as the checkpoint's id2label counts
  std::string name;
  float score = 0;                    // 0..1
  int token = -1;                     // the detection token that said it; -1: none, a guess
  std::optional<std::int64_t> track;  // the same thing in other frames of its source has the same
  std::vector<std::string> zones;     // names of the zones that it stands in
  std::vector<Label> labels;          // what a classifier says of the crop, best first
};

}  // namespace fovea::vision
