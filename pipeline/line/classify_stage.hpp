// SPDX-License-Identifier: Apache-2.0
#pragma once
// `classify` in YAML: preprocess ▸ vision transformer ▸ the best labels.

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

namespace fovea::pipeline {

class ClassifyStage : public ModelStage {
 public:
  /// Uploads the weights. Throws ModelError or GpuError. `device` outlives the stage; the
  /// checkpoint is not needed afterwards.
  ClassifyStage(compute::Device& device, const vision::Checkpoint& checkpoint,
                const ClassifyConfig& config, compute::ops::Precision precision, int batch);

  /// Chooses batch() for this device; see settle_batch(). Before the line runs.
  std::string settle_batch(compute::Device& device, const AutoBatchOptions& options) {
    return pipeline::settle_batch(inference_, device, options);
  }
  /// Class names by id.
  const std::vector<std::string>& labels() const { return inference_.config().labels; }

  /// How much smaller a picture may be decoded for this stage (Preprocessor::reduction).
  int reduction(int height, int width) const { return preprocessor_.reduction(height, width); }

  std::string_view name() const override { return "classify"; }
  std::vector<Data> needs() const override { return {Data::image}; }
  std::vector<Data> gives() const override { return {Data::labels}; }
  int batch() const override { return inference_.options().max_batch; }
  int slots() const override { return inference_.options().slots; }
  std::size_t input_bytes(InputSize) const override { return preprocessor_.output_count(); }
  /// One for all pictures.
  InputSize input_size(const Frame&) const override {
    return {preprocessor_.output_h(), preprocessor_.output_w()};
  }
  void prepare(const Frame& frame, std::span<std::uint8_t> input) const override;
  std::unique_ptr<Flight> begin(InputSize size, int n) override;
  /// Replaces the labels of an earlier stage.
  void annotate(Frame& frame, std::span<const float> row) const override;

 private:
  int top_;
  vision::Preprocessor preprocessor_;
  vision::Inference inference_;
};

}  // namespace fovea::pipeline
