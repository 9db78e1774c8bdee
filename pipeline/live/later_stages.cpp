// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/later_stages.hpp"

#include <utility>

namespace fovea::pipeline {

std::vector<std::optional<Outcome<Frame>>> LaterStages::apply(std::vector<Outcome<Frame>> frames) {
  std::vector<std::optional<Outcome<Frame>>> kept;
  for (auto& frame : frames) kept.emplace_back(std::move(frame));
  for (std::size_t i = 1; i < chain_.size(); ++i) {
    if (auto* model = dynamic_cast<ModelStage*>(&chain_.stage(i))) {
      apply_model(*model, kept);
      continue;
    }
    auto& stage = dynamic_cast<FrameStage&>(chain_.stage(i));
    for (auto& frame : kept) {
      if (frame) frame = apply_step(stage, std::move(*frame));
    }
  }
  return kept;
}

void LaterStages::apply_model(ModelStage& model,
                              std::vector<std::optional<Outcome<Frame>>>& frames) {
  Batcher batcher(model.batch());
  for (auto& frame : frames) {
    if (frame) {
      batcher.add(prepare_step(model, std::move(*frame), inputs_, /*release_image=*/false));
    }
  }
  batcher.end();
  Lander lander(model);
  auto place = frames.begin();
  while (auto gathered = batcher.next()) {
    for (auto& landed : lander.land(launch(model, std::move(*gathered)))) {
      while (!*place) ++place;
      *place++ = std::move(landed);
    }
  }
}

}  // namespace fovea::pipeline
