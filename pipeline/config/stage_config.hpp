// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is done to each picture of a run, as plain data: one struct a stage.

#include <string>
#include <variant>
#include <vector>

#include "pipeline/config/place.hpp"
#include "pipeline/config/track_config.hpp"
#include "pipeline/config/zones_config.hpp"

namespace fovea::pipeline {

struct ClassifyConfig {
  std::string model;  // path, built-in name or org/name[@revision]
  int top = 5;
  std::string resample;  // empty: as the checkpoint says; "cv_linear" and others by name
  Place place;
};

struct DetectConfig {
  std::string model;                 // as ClassifyConfig::model
  double min_score = 0.5;            // objects above it are kept
  std::vector<std::string> classes;  // names; empty: all
  Place place;
};

/// Lets a picture pass to the sinks only if its best label fits.
struct FilterConfig {
  std::vector<std::string> labels;  // empty: any
  double min_score = 0;
  Place place;
};

using StageConfig =
    std::variant<ClassifyConfig, DetectConfig, FilterConfig, TrackConfig, ZonesConfig>;

/// What the stage's model is called; null where it has none.
inline const std::string* model_of(const StageConfig& stage) {
  return std::visit(
      [](const auto& held) -> const std::string* {
        if constexpr (requires { held.model; }) return &held.model;
        return nullptr;
      },
      stage);
}

}  // namespace fovea::pipeline
