// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/inference_stage.hpp"

#include <utility>

namespace fovea::pipeline {

namespace {

// One flight on the device while the next is filled: a third would only wait.
constexpr int kSlots = 2;

class PendingFlight : public Flight {
 public:
  explicit PendingFlight(vision::Pending pending) : pending_(std::move(pending)) {}
  std::span<std::uint8_t> input(int i) override { return pending_.input(i); }
  void submit() override { pending_.submit(); }
  std::span<const float> finish() override { return pending_.finish(); }

 private:
  vision::Pending pending_;
};

}  // namespace

InferenceStage::InferenceStage(compute::Device& device, const vision::Checkpoint& checkpoint,
                               const vision::PreprocessSpec& recipe,
                               compute::ops::Precision precision, int batch)
    : preprocessor_(recipe),
      inference_(device, checkpoint,
                 {.precision = precision, .max_batch = batch, .slots = kSlots}) {}

void InferenceStage::prepare(const Frame& frame, std::span<std::uint8_t> input) const {
  // Threads come and go with the line, and each prepares many pictures.
  thread_local vision::ResampleScratch scratch;
  preprocessor_.resize(frame.image, input, scratch);
}

std::unique_ptr<Flight> InferenceStage::begin(InputSize size, int n) {
  return std::make_unique<PendingFlight>(inference_.begin(size, n));
}

}  // namespace fovea::pipeline
