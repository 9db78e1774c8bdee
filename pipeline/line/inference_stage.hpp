// SPDX-License-Identifier: Apache-2.0
#pragma once
// What stages that run a vision model have in common: preprocess ▸ GPU program. What the answer
// means is left to each (classify_stage.hpp, detect_stage.hpp).

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compute/device.hpp"
#include "pipeline/config/run_config.hpp"
#include "pipeline/line/auto_batch.hpp"
#include "pipeline/line/stage.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/inference.hpp"
#include "vision/preprocess/preprocessor.hpp"
#include "vision/resample_choice.hpp"

namespace fovea::pipeline {

/// How a model is run, once `auto` has come to something.
struct ModelOptions {
  compute::ops::Precision precision = compute::ops::Precision::fp32;
  int batch = 1;
  ResampleOn resample_on = ResampleOn::host;
  int threads = 1;                          // that prepare pictures side by side
  const std::atomic<bool>* stop = nullptr;  // once set, opening measures no more kernels
};

class InferenceStage : public ModelStage {
 public:
  /// Where pictures are resized, and why.
  const vision::ResampleChoice& resample() const { return resample_; }
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
    if (size.source_bytes > 0) return size.source_bytes;
    return std::size_t{3} * static_cast<std::size_t>(size.h) * static_cast<std::size_t>(size.w);
  }
  /// Where the device resizes, sources take a power of two of bytes each, so that those of about
  /// one size fly together.
  InputSize input_size(const Frame& frame) const override;
  void prepare(const Frame& frame, std::span<std::uint8_t> input) const override;
  std::unique_ptr<Flight> begin(InputSize size, int n) override;

 protected:
  /// Uploads the weights. Throws ModelError or GpuError. `device` outlives the stage; the
  /// checkpoint is not needed afterwards.
  InferenceStage(compute::Device& device, const vision::Checkpoint& checkpoint,
                 const vision::PreprocessSpec& recipe, const ModelOptions& options);
  const vision::VitConfig& config() const { return inference_.config(); }

 private:
  vision::Preprocessor preprocessor_;
  vision::Inference inference_;
  vision::ResampleChoice resample_;
};

}  // namespace fovea::pipeline
