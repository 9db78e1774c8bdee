// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/deletion.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "pipeline/eval/dataset.hpp"
#include "pipeline/line/classify_stage.hpp"
#include "vision/attend/masking.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/model_name.hpp"

namespace fovea::pipeline {
namespace {

/// The mean that the processor takes away, as bytes; middle grey where it takes none.
std::array<std::uint8_t, 3> mean_colour(const vision::PreprocessSpec& spec) {
  std::array<std::uint8_t, 3> colour{128, 128, 128};
  for (std::size_t c = 0; c < 3 && spec.normalize; ++c) {
    const double byte = spec.rescale ? spec.mean[c] / spec.rescale_factor : spec.mean[c];
    colour[c] = static_cast<std::uint8_t>(std::clamp(std::lround(byte), 0L, 255L));
  }
  return colour;
}

/// Class folders and the model's class that each stands for.
class Truth {
 public:
  Truth(const Dataset& dataset, std::span<const std::string> labels) : dataset_(dataset) {
    const std::vector<int> ids = match_classes(dataset, labels);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      of_folder_.emplace(dataset.classes[i].folder, static_cast<std::size_t>(ids[i]));
    }
  }
  std::size_t of(const Frame& frame) const {
    return of_folder_.at(folder_of(dataset_, frame.path));
  }

 private:
  const Dataset& dataset_;
  std::map<std::string, std::size_t> of_folder_;
};

RunConfig run_config(const DeletionRequest& request, const Dataset& dataset) {
  RunConfig config = request.settings;
  config.decode = DecodeMode::exact;  // a stage of our own cannot say what a decoder may spare
  config.sources = sources_of(dataset);
  ClassifyConfig classify;
  classify.model = request.model;
  config.stages = {classify};
  if (!config.precision) config.precision = compute::ops::Precision::fp32;
  if (config.batch == kAutoBatch) config.batch = RunConfig{}.batch;
  return config;
}

/// How the patches of a picture are ranked.
DeletionStage::Scores scores_by(const AttendConfig& attend, compute::Device& device,
                                const vision::Checkpoint& checkpoint,
                                const vision::MaskingOptions& options) {
  if (is_masking(attend)) {
    const auto masking = std::make_shared<vision::TokenMasking>(device, checkpoint, options);
    return [masking](std::span<const std::uint8_t> pixels, InputSize size, std::span<const float>) {
      const vision::Relevance found = masking->relevance(pixels, size);
      const auto drops = found.drops.patches();
      return std::vector<float>(drops.begin(), drops.end());
    };
  }
  const vision::VitConfig& config = checkpoint.config();
  return [config](std::span<const std::uint8_t>, InputSize size, std::span<const float> row) {
    const auto patches =
        static_cast<std::size_t>(vision::patch_grid(config, size.h, size.w).count());
    const auto weights = row.last(patches);
    return std::vector<float>(weights.begin(), weights.end());
  };
}

/// Counts the pictures that never come to the model.
class FailureSink final : public Sink {
 public:
  void write(const Outcome<Frame>& outcome) override {
    failed += std::holds_alternative<Failure>(outcome) ? 1 : 0;
  }
  std::uint64_t failed = 0;
};

}  // namespace

DeletionReport evaluate_deletion(const DeletionRequest& request) {
  const Dataset dataset = load_dataset(request.data);
  const auto checkpoint = vision::Checkpoint::open(vision::find_model(request.model).folder);
  vision::check_attention(request_of(request.attend), checkpoint.config());
  const Truth truth(dataset, checkpoint.config().labels);

  DeletionReport report;
  report.dataset = dataset.name;
  report.data = dataset.root.string();
  report.attention = attention_text(request.attend);
  report.seed = request.seed;
  FailureSink failures;
  RunOptions options = request.options;
  options.extra_sinks.push_back(&failures);
  const RunConfig config = run_config(request, dataset);
  options.make_model = [&](compute::Device& device, const vision::Checkpoint& opened,
                           const ClassifyConfig& classify) {
    ModelOptions model{.precision = *config.precision, .batch = config.batch, .stop = options.stop};
    if (!is_masking(request.attend)) model.attend = request.attend;
    const vision::VitConfig& of = opened.config();
    const DeletionOptions how{.patch_h = of.patch_h,
                              .patch_w = of.patch_w,
                              .colour = mean_colour(opened.preprocess()),
                              .classes = of.labels.size(),
                              .seed = request.seed};
    return std::make_unique<DeletionStage>(
        std::make_unique<ClassifyStage>(device, opened, classify, model), how,
        scores_by(request.attend, device, opened,
                  {.precision = *config.precision, .batch = config.batch}),
        [&](const Frame& frame, const DeletedAnswers& answers) {
          const std::size_t right = truth.of(frame);
          ++report.attended.pictures;
          ++report.random.pictures;
          for (std::size_t step = 0; step < kDeletionSteps; ++step) {
            report.attended.right[step] += answers.attended[step] == right ? 1 : 0;
            report.random.right[step] += answers.random[step] == right ? 1 : 0;
          }
        });
  };
  report.run = run_pipeline(config, options);
  report.failed = failures.failed;
  return report;
}

}  // namespace fovea::pipeline
