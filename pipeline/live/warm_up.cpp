// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/warm_up.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "pipeline/line/steps.hpp"

namespace fovea::pipeline {

namespace {

// The shape that most cameras have, and by which models that keep it are opened.
constexpr int kWidthPx = 640, kHeightPx = 480;

Frame grey_frame() {
  Frame frame;
  frame.image.rgb = cv::Mat(kHeightPx, kWidthPx, CV_8UC3, cv::Scalar::all(128));
  frame.width_px = kWidthPx;
  frame.height_px = kHeightPx;
  return frame;
}

/// Nothing happens where the model cannot take such a picture: it will say so of a camera's.
void fly(ModelStage& model, std::size_t pictures, InputPool& inputs) {
  Gathered batch;
  for (std::size_t i = 0; i < pictures; ++i) {
    auto prepared = prepare_step(model, grey_frame(), inputs, /*release_image=*/true);
    auto* picture = std::get_if<Prepared>(&prepared);
    if (picture == nullptr) return;
    batch.size = picture->size;
    batch.pictures.push_back({i, std::move(*picture)});
  }
  launch(model, std::move(batch)).flight->finish();
}

}  // namespace

bool warm_up(const Chain& chain, std::size_t frames, const std::atomic<bool>* stop) {
  InputPool inputs;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    Stage& stage = chain.stage(i);
    ModelStage* model = stage.model();
    if (model == nullptr) continue;
    std::size_t most = static_cast<std::size_t>(std::max(1, model->batch()));
    if (model == &stage) most = std::min(most, frames);
    for (std::size_t pictures = 1;; pictures = std::min(2 * pictures, most)) {
      if (stop != nullptr && stop->load()) return false;
      fly(*model, pictures, inputs);
      if (pictures == most) break;
    }
  }
  return stop == nullptr || !stop->load();
}

}  // namespace fovea::pipeline
