// SPDX-License-Identifier: Apache-2.0
#pragma once
// `classify` in YAML: preprocess ▸ vision transformer ▸ the best labels.

#include <span>
#include <string_view>
#include <vector>

#include "pipeline/config/run_config.hpp"
#include "pipeline/line/inference_stage.hpp"

namespace fovea::pipeline {

/// The checkpoint's recipe, with the filter that the user asked for by name. Throws ConfigError
/// when there is no such filter.
vision::PreprocessSpec recipe_of(vision::PreprocessSpec spec, const ClassifyConfig& config);

class ClassifyStage : public InferenceStage {
 public:
  /// As InferenceStage. Throws ModelError too when the model is a detector.
  ClassifyStage(compute::Device& device, const vision::Checkpoint& checkpoint,
                const ClassifyConfig& config, const ModelOptions& options);

  std::string_view name() const override { return "classify"; }
  std::vector<Data> gives() const override { return and_attention(Data::labels); }
  /// Replaces the labels of an earlier stage.
  void annotate(Frame& frame, std::span<const float> row) const override;

 private:
  int top_;
};

}  // namespace fovea::pipeline
