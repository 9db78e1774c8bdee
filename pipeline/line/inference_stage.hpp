// SPDX-License-Identifier: Apache-2.0
#pragma once
// What stages that run a vision model have in common: preprocess ▸ GPU program. What the answer
// means is left to each (classify_stage.hpp, detect_stage.hpp).

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compute/device.hpp"
#include "pipeline/line/auto_batch.hpp"
#include "pipeline/line/stage.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/inference.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::pipeline {

class InferenceStage : public ModelStage {
 public:
  /// Chooses batch() for this device; see settle_batch(). Before the line runs.
  std::string settle_batch(compute::Device& device, const AutoBatchOptions& options) {
    return pipeline::settle_batch(inference_, device, options);
  }
  /// Class names by id.
  const std::vector<std::string>& labels() const { return inference_.config().labels; }
  /// How much smaller a picture may be decoded for this stage (Preprocessor::reduction).
  int reduction(int height, int width) const { return preprocessor_.reduction(height, width); }

  std::vector<Data> needs() const override { return {Data::image}; }
  int batch() const override { return inference_.options().max_batch; }
  int slots() const override { return inference_.options().slots; }
  std::size_t input_bytes(InputSize size) const override {
    return std::size_t{3} * static_cast<std::size_t>(size.h) * static_cast<std::size_t>(size.w);
  }
  InputSize input_size(const Frame& frame) const override {
    return preprocessor_.output_size(frame.image.height_px(), frame.image.width_px());
  }
  void prepare(const Frame& frame, std::span<std::uint8_t> input) const override;
  std::unique_ptr<Flight> begin(InputSize size, int n) override;

 protected:
  /// Uploads the weights. Throws ModelError or GpuError. `device` outlives the stage; the
  /// checkpoint is not needed afterwards.
  InferenceStage(compute::Device& device, const vision::Checkpoint& checkpoint,
                 const vision::PreprocessSpec& recipe, compute::ops::Precision precision,
                 int batch);
  const vision::VitConfig& config() const { return inference_.config(); }

 private:
  vision::Preprocessor preprocessor_;
  vision::Inference inference_;
};

}  // namespace fovea::pipeline
