// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is done to each picture of a run, as plain data: one struct a stage.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pipeline/config/attend_config.hpp"
#include "pipeline/config/place.hpp"
#include "pipeline/config/quality_config.hpp"
#include "pipeline/config/spectral_config.hpp"
#include "pipeline/config/track_config.hpp"
#include "pipeline/config/zones_config.hpp"

namespace fovea::pipeline {

/// What a classifier looks at.
enum class ClassifyOn : std::uint8_t {
  image,  // the picture as a whole
  crops,  // each object that a detector found
};
struct ClassifyConfig {
  std::string model;  // path, built-in name or org/name[@revision]
  int top = 5;
  std::string resample;  // empty: as the checkpoint says; "cv_linear" and others by name
  ClassifyOn on = ClassifyOn::image;
  std::vector<std::string> of;  // with crops: names of the detector's classes; empty: all
  Place place;
};

/// A picture that is looked at in overlapping parts.
struct TileConfig {
  int size = 640;        // pixels of the original, wide and high
  double overlap = 0.2;  // share of a side that neighbours have in common, at least
};
struct DetectConfig {
  std::string model;                 // as ClassifyConfig::model
  double min_score = 0.5;            // objects above it are kept
  std::vector<std::string> classes;  // names; empty: all
  std::optional<TileConfig> tile;    // nothing: the picture as a whole
  Place place;
};

/// Lets a picture pass to the sinks only if its best label fits.
struct FilterConfig {
  std::vector<std::string> labels;  // empty: any
  double min_score = 0;
  Place place;
};

using StageConfig =
    std::variant<ClassifyConfig, DetectConfig, FilterConfig, TrackConfig, ZonesConfig, AttendConfig,
                 ChangeConfig, StabiliseConfig, QualityConfig>;

/// Does the stage name what the picture as a whole shows?
inline bool names_pictures(const StageConfig& stage) {
  const auto* classify = std::get_if<ClassifyConfig>(&stage);
  return classify != nullptr && classify->on == ClassifyOn::image;
}

/// Does the stage look at parts of the picture, for which each pixel counts?
inline bool looks_at_parts(const StageConfig& stage) {
  const auto* classify = std::get_if<ClassifyConfig>(&stage);
  const auto* detect = std::get_if<DetectConfig>(&stage);
  return (classify != nullptr && classify->on == ClassifyOn::crops) ||
         (detect != nullptr && detect->tile) || std::holds_alternative<QualityConfig>(stage);
}

/// What the stage's model is called; null where it has none.
inline const std::string* model_of(const StageConfig& stage) {
  return std::visit(
      [](const auto& held) -> const std::string* {
        if constexpr (requires { held.model; }) return &held.model;
        return nullptr;
      },
      stage);
}

/// The last stage before `place` that has a model; null where there is none.
inline const StageConfig* model_before(const std::vector<StageConfig>& stages, std::size_t place) {
  while (place-- > 0) {
    if (model_of(stages[place]) != nullptr) return &stages[place];
  }
  return nullptr;
}

}  // namespace fovea::pipeline
