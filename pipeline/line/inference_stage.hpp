// SPDX-License-Identifier: Apache-2.0
#pragma once
// What stages that run a vision model have in common: preprocess ▸ GPU program. What the answer
// means is left to each (classify_stage.hpp, detect_stage.hpp).

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compute/device.hpp"
#include "pipeline/config/run_config.hpp"
#include "pipeline/line/auto_batch.hpp"
#include "pipeline/line/stage.hpp"
#include "vision/attend/map_back.hpp"
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
  /// What the attend stage behind it wants to see: the model gives it with its answers.
  std::optional<AttendConfig> attend = {};
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
  std::size_t input_bytes(InputSize size) const override;
  /// Where the device resizes, sources take a power of two of bytes each, so that those of about
  /// one size fly together.
  InputSize input_size(const Frame& frame) const override;
  /// Of pictures that keep their shape, where no attention is asked for.
  bool shrink(double share) override;
  /// Throws FrameError too when the model does not see the point whose attention is asked for.
  void prepare(const Frame& frame, std::span<std::uint8_t> input) const override;
  std::unique_ptr<Flight> begin(InputSize size, int n) override;

 protected:
  /// Uploads the weights. Throws ModelError or GpuError. `device` outlives the stage; the
  /// checkpoint is not needed afterwards.
  InferenceStage(compute::Device& device, const vision::Checkpoint& checkpoint,
                 const vision::PreprocessSpec& recipe, const ModelOptions& options);
  const vision::VitConfig& config() const { return inference_.config(); }
  /// What it gives, and attention rows where they are asked for.
  std::vector<Data> and_attention(Data answer) const;
  /// The part of a picture's row that is the model's answer.
  std::span<const float> answer_of(std::span<const float> row) const;
  /// The rest of it becomes the frame's attention rows; nothing where none are asked for.
  void keep_attention(Frame& frame, std::span<const float> row) const;

 private:
  vision::MapBack map_back(const Frame& frame) const;
  bool asks_of_a_point() const { return attend_ && attend_->query; }

  std::optional<AttendConfig> attend_;
  const vision::Preprocessor& resizing() const { return smaller_ ? *smaller_ : preprocessor_; }

  vision::Preprocessor preprocessor_;
  std::optional<vision::Preprocessor> smaller_;  // once shrunk
  vision::Inference inference_;
  vision::ResampleChoice resample_;
};

}  // namespace fovea::pipeline
