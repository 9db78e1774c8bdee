// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/inference_stage.hpp"

#include <bit>
#include <utility>

#include "vision/preprocess/packed_source.hpp"

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

/// Threads come and go with the line, and each prepares many pictures.
vision::PackScratch& pack_scratch() {
  thread_local vision::PackScratch scratch;
  return scratch;
}

}  // namespace

InferenceStage::InferenceStage(compute::Device& device, const vision::Checkpoint& checkpoint,
                               const vision::PreprocessSpec& recipe, const ModelOptions& options)
    : preprocessor_(recipe),
      inference_(device, checkpoint,
                 {.precision = options.precision,
                  .max_batch = options.batch,
                  .slots = kSlots,
                  .stop = options.stop}),
      resample_(
          options.resample_on == ResampleOn::automatic
              ? vision::choose_resample(device, preprocessor_, options.threads)
              : vision::ResampleChoice{options.resample_on == ResampleOn::device, "asked for"}) {}

InputSize InferenceStage::input_size(const Frame& frame) const {
  InputSize size = preprocessor_.output_size(frame.image.height_px(), frame.image.width_px());
  if (!resample_.on_device) return size;
  const std::size_t least = std::bit_ceil(vision::least_source_bytes(size));
  const std::size_t bytes =
      std::bit_ceil(vision::source_bytes(preprocessor_, frame.image, pack_scratch()));
  const bool fits = bytes > least && bytes <= inference_.max_source_bytes();
  size.source_bytes = fits ? bytes : least;
  return size;
}

void InferenceStage::prepare(const Frame& frame, std::span<std::uint8_t> input) const {
  if (resample_.on_device) {
    vision::pack_source(preprocessor_, frame.image, pack_scratch(), input);
  } else {
    preprocessor_.resize(frame.image, input, pack_scratch().resample);
  }
}

std::unique_ptr<Flight> InferenceStage::begin(InputSize size, int n) {
  return std::make_unique<PendingFlight>(inference_.begin(size, n));
}

}  // namespace fovea::pipeline
