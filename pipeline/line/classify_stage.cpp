// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/classify_stage.hpp"

#include <array>
#include <utility>

#include "compute/error.hpp"
#include "vision/classify.hpp"

namespace fovea::pipeline {

vision::PreprocessSpec recipe_of(vision::PreprocessSpec spec, const ClassifyConfig& config) {
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

namespace {

const vision::Checkpoint& checked(const vision::Checkpoint& checkpoint) {
  if (!checkpoint.config().is_detector()) return checkpoint;
  throw ModelError("the model finds objects and names no picture as a whole",
                   checkpoint.folder().string(),
                   "use detect in place of classify, or a classifier");
}

}  // namespace

ClassifyStage::ClassifyStage(compute::Device& device, const vision::Checkpoint& checkpoint,
                             const ClassifyConfig& config, const ModelOptions& options)
    : InferenceStage(device, checked(checkpoint), recipe_of(checkpoint.preprocess(), config),
                     options),
      top_(config.top) {}

void ClassifyStage::annotate(Frame& frame, std::span<const float> row) const {
  frame.labels = vision::top_labels(answer_of(row), labels(), top_);
  keep_attention(frame, row);
}

}  // namespace fovea::pipeline
