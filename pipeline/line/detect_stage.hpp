// SPDX-License-Identifier: Apache-2.0
#pragma once
// `detect` in YAML: preprocess ▸ detector ▸ the objects it found.

#include <span>
#include <string_view>
#include <vector>

#include "pipeline/config/run_config.hpp"
#include "pipeline/line/inference_stage.hpp"

namespace fovea::pipeline {

class DetectStage : public InferenceStage {
 public:
  /// As InferenceStage. Throws ModelError too when the model is no detector, ConfigError when it
  /// has no class of a name in `config`.
  DetectStage(compute::Device& device, const vision::Checkpoint& checkpoint,
              const DetectConfig& config, const ModelOptions& options);

  std::string_view name() const override { return "detect"; }
  std::vector<Data> gives() const override { return and_attention(Data::objects); }
  /// Replaces the objects of an earlier stage.
  void annotate(Frame& frame, std::span<const float> row) const override;

 private:
  double min_score_;
  std::vector<bool> wanted_;  // by class id; empty: all
};

}  // namespace fovea::pipeline
