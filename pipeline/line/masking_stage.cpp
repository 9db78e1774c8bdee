// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/masking_stage.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "vision/attend/map_back.hpp"

namespace fovea::pipeline {

namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

MaskingStage::MaskingStage(compute::Device& device, const vision::Checkpoint& checkpoint,
                           const vision::PreprocessSpec& recipe, AttendConfig config,
                           const vision::MaskingOptions& options)
    : config_(std::move(config)), preprocessor_(recipe), masking_(device, checkpoint, options) {}

std::optional<Frame> MaskingStage::process(Frame frame) {
  if (frame.labels.empty()) return frame;
  const cv::Size copy = frame.image.rgb.size();
  const InputSize size = preprocessor_.output_size(copy.height, copy.width);
  std::vector<std::uint8_t> pixels(std::size_t{3} * static_cast<std::size_t>(size.h) *
                                   static_cast<std::size_t>(size.w));
  vision::ResampleScratch scratch;
  preprocessor_.resize(frame.image, pixels, scratch);
  const auto begun = Clock::now();
  const vision::Relevance found = masking_.relevance(pixels, size, frame.labels.front().id);
  frame.timings.inference_ms +=
      std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
  const vision::MapBack back(preprocessor_, masking_.config(), copy,
                             {frame.width_px, frame.height_px});
  const auto drops = found.drops.patches();
  frame.attention = Attention{attention_text(config_),
                              back.area(),
                              {{.heads = 1,
                                .grid = found.drops.grid,
                                .values = {drops.begin(), drops.end()},
                                .token = {}}}};
  return frame;
}

}  // namespace fovea::pipeline
