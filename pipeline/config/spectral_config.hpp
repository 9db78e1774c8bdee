// SPDX-License-Identifier: Apache-2.0
#pragma once
// Stages that look at pictures by their spectra, as plain data.

#include <chrono>

#include "pipeline/config/place.hpp"

namespace fovea::pipeline {

/// Lets a picture pass only if it differs from the last of its source that passed.
struct ChangeConfig {
  double threshold = 0.08;                         // of vision::spectral_change()
  std::chrono::milliseconds at_least_every{5000};  // one passes; 0: never for that reason
  Place place;
};

/// Measures how far each picture is shifted against the first of its source.
struct StabiliseConfig {
  double min_peak = 0.06;  // of the phase correlation: below, there is no drift to be told
  Place place;
};

}  // namespace fovea::pipeline
