// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/detect_stage.hpp"

#include <algorithm>

#include "compute/error.hpp"
#include "vision/detect.hpp"

namespace fovea::pipeline {

namespace {

const vision::Checkpoint& checked(const vision::Checkpoint& checkpoint) {
  if (checkpoint.config().is_detector()) return checkpoint;
  throw ModelError("the model names pictures and finds no objects", checkpoint.folder().string(),
                   "use classify in place of detect, or a model of type yolos");
}

std::vector<bool> wanted_classes(const std::vector<std::string>& labels,
                                 const DetectConfig& config) {
  if (config.classes.empty()) return {};
  std::vector<bool> wanted(labels.size(), false);
  for (const std::string& name : config.classes) {
    bool known = false;
    for (std::size_t id = 0; id < labels.size(); ++id) {
      if (labels[id] == name) known = wanted[id] = true;
    }
    if (!known) {
      throw ConfigError("the model has no class '" + name + "'", config.place.path,
                        "see its classes: fovea models info NAME");
    }
  }
  return wanted;
}

}  // namespace

DetectStage::DetectStage(compute::Device& device, const vision::Checkpoint& checkpoint,
                         const DetectConfig& config, const ModelOptions& options)
    : InferenceStage(device, checked(checkpoint), checkpoint.preprocess(), options),
      min_score_(config.min_score),
      wanted_(wanted_classes(labels(), config)) {}

void DetectStage::annotate(Frame& frame, std::span<const float> row) const {
  frame.objects = vision::detected_objects(answer_of(row), labels(), config().detection_tokens,
                                           min_score_, frame.width_px, frame.height_px);
  keep_attention(frame, row);
  if (wanted_.empty()) return;
  std::erase_if(frame.objects, [&](const vision::Object& object) {
    return !wanted_[static_cast<std::size_t>(object.id)];
  });
}

}  // namespace fovea::pipeline
