// SPDX-License-Identifier: Apache-2.0
#pragma once
// `attend: {method: masking}` in YAML: how much a picture's best label loses where the model does
// not see a patch.

#include <optional>
#include <string_view>
#include <vector>

#include "compute/device.hpp"
#include "pipeline/config/attend_config.hpp"
#include "pipeline/line/stage.hpp"
#include "vision/attend/masking.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::pipeline {

/// Runs the model once a patch, on sequences of its own: the classify stage before it is not
/// asked.
class MaskingStage : public FrameStage {
 public:
  /// Uploads the weights a second time; `recipe` is that of the classify stage. Throws as
  /// vision::TokenMasking.
  MaskingStage(compute::Device& device, const vision::Checkpoint& checkpoint,
               const vision::PreprocessSpec& recipe, AttendConfig config,
               const vision::MaskingOptions& options);

  std::string_view name() const override { return "attend"; }
  std::vector<Data> needs() const override { return {Data::image, Data::labels}; }
  std::vector<Data> gives() const override { return {Data::attention}; }
  std::optional<Frame> process(Frame frame) override;

 private:
  AttendConfig config_;
  vision::Preprocessor preprocessor_;
  vision::TokenMasking masking_;
};

}  // namespace fovea::pipeline
