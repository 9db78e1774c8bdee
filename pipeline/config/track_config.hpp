// SPDX-License-Identifier: Apache-2.0
#pragma once
// How objects are followed from frame to frame, as plain data.

#include <chrono>

#include "pipeline/config/place.hpp"

namespace fovea::pipeline {

struct TrackConfig {
  double high_score = 0.5;               // boxes from here on are matched first
  double low_score = 0.1;                // boxes below are left out
  double new_score = 0.6;                // a track begins with a box of this score
  std::chrono::milliseconds lost{1000};  // an unseen track is kept this long
  int detect_every = 1;                  // the model looks at every so manieth frame of a source
  Place place;
};

}  // namespace fovea::pipeline
