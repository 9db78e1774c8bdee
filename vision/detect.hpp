// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a detector's predictions to objects in the picture.

#include <span>
#include <string>
#include <vector>

#include "vision/object.hpp"

namespace fovea::vision {

/// What transformers' post_process_object_detection makes of one picture's predictions: of each
/// token the class of the largest probability (softmax over all, "no object" left out), kept where
/// it is above `min_score`, and the box scaled to the picture. No two are compared: there is no
/// suppression of overlapping boxes. Beyond that the objects are sorted, best first, ties in the
/// order of the tokens, and the boxes are cut at the picture's edges.
/// `answer` is [tokens, classes + 1 + 4] as YolosModel::forward() gives it.
/// Throws ModelError when a number is not finite.
/// Requires: answer.size() == tokens * (names.size() + 5), width_px and height_px >= 1.
std::vector<Object> detected_objects(std::span<const float> answer,
                                     std::span<const std::string> names, int tokens,
                                     double min_score, int width_px, int height_px);

}  // namespace fovea::vision
