// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which attention of a model is looked at, as plain data.

#include <optional>
#include <string>

#include "pipeline/config/place.hpp"
#include "vision/attend/attend.hpp"

namespace fovea::pipeline {

struct AttendConfig {
  vision::AttentionMethod method = vision::AttentionMethod::raw;
  int layer = -1;             // from 0, or from the last, -1, backwards
  std::string head = "mean";  // mean, max, all, or a head's number from 0
  /// Whose attention: that of the patch which shows this point, in shares or in pixels of the
  /// upright original; nothing: the class token's.
  std::optional<Point> query = {};
  bool per_object = false;  // behind a detect stage: a map for each object
  Place place = {};
};

/// Does it run the model by itself, instead of asking the stage before it?
inline bool is_masking(const AttendConfig& config) {
  return config.method == vision::AttentionMethod::masking;
}

/// What the model is asked for.
vision::AttentionRequest request_of(const AttendConfig& config);

/// "layer 5, head 2", "rollout", "masking": how the maps were come by, for people.
std::string attention_text(const AttendConfig& config);

}  // namespace fovea::pipeline
