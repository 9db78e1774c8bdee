// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a model attends to in a picture, as it travels with its frame: first the rows that the
// model stage was asked for, then the maps that an `attend` stage makes of them.

#include <optional>
#include <string>
#include <vector>

#include <opencv2/core/types.hpp>

#include "vision/attend/attend.hpp"

namespace fovea::pipeline {

/// From a model stage that was opened for an `attend` stage behind it.
struct AttentionRows {
  vision::AttentionMaps maps;
  /// What the patches cover, in pixels of the upright original: less than the picture where it is
  /// cropped, more where it is padded.
  cv::Rect2d area;
};

/// One map: of one token, or of what one answer rests on.
struct AttentionMap {
  int heads = 1;
  vision::PatchGrid grid;
  std::vector<float> values;  // [heads, grid.rows, grid.columns]
  /// The detection token: of the object whose Object::token it is. Nothing: of the whole picture.
  std::optional<int> token;
};

struct Attention {
  std::string what;  // "last layer, mean of heads"
  cv::Rect2d area;   // as AttentionRows::area
  std::vector<AttentionMap> maps;
};

}  // namespace fovea::pipeline
