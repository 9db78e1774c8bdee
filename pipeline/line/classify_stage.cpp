// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/classify_stage.hpp"

#include <array>
#include <utility>

#include "compute/error.hpp"
#include "vision/classify.hpp"

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

/// The checkpoint's recipe, with the filter that the user asked for by name.
vision::PreprocessSpec recipe(vision::PreprocessSpec spec, const ClassifyConfig& config) {
  using vision::Resample;
  constexpr std::array<std::pair<std::string_view, Resample>, 7> kFilters{
      {{"nearest", Resample::nearest},
       {"box", Resample::box},
       {"bilinear", Resample::bilinear},
       {"hamming", Resample::hamming},
       {"bicubic", Resample::bicubic},
       {"lanczos", Resample::lanczos},
       {"cv_linear", Resample::cv_linear}}};
  if (config.resample.empty()) return spec;
  for (const auto& [name, filter] : kFilters) {
    if (name != config.resample) continue;
    spec.resample = filter;
    return spec;
  }
  throw ConfigError("no such filter: '" + config.resample + "'", config.place.path,
                    "use nearest, box, bilinear, hamming, bicubic, lanczos or cv_linear");
}

}  // namespace

ClassifyStage::ClassifyStage(compute::Device& device, const vision::Checkpoint& checkpoint,
                             const ClassifyConfig& config, compute::ops::Precision precision,
                             int batch)
    : top_(config.top),
      preprocessor_(recipe(checkpoint.preprocess(), config)),
      inference_(device, checkpoint,
                 {.precision = precision, .max_batch = batch, .slots = kSlots}) {}

void ClassifyStage::prepare(const Frame& frame, std::span<std::uint8_t> input) const {
  // Threads come and go with the line, and each prepares many pictures.
  thread_local vision::ResampleScratch scratch;
  preprocessor_.resize(frame.image, input, scratch);
}

std::unique_ptr<Flight> ClassifyStage::begin(InputSize, int n) {
  return std::make_unique<PendingFlight>(inference_.begin(n));
}

void ClassifyStage::annotate(Frame& frame, std::span<const float> row) const {
  frame.labels = vision::top_labels(row, labels(), top_);
}

}  // namespace fovea::pipeline
