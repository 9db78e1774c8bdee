// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live/later_stages.hpp"

#include <utility>

namespace fovea::pipeline {

std::vector<LaterStages::Applied> LaterStages::apply(std::vector<Outcome<Frame>> frames) {
  std::vector<Applied> kept;
  for (auto& frame : frames) kept.push_back({std::move(frame), {}});
  for (std::size_t i = chain_.first_model() + 1; i < chain_.size(); ++i) {
    if (auto* model = dynamic_cast<ModelStage*>(&chain_.stage(i))) {
      apply_model(*model, kept);
      continue;
    }
    auto& stage = dynamic_cast<FrameStage&>(chain_.stage(i));
    for (auto& [outcome, let_go_by] : kept) {
      if (!outcome) continue;
      outcome = apply_step(stage, std::move(*outcome));
      if (!outcome) let_go_by = stage.name();
    }
  }
  return kept;
}

void LaterStages::apply_model(ModelStage& model, std::vector<Applied>& frames) {
  Batcher batcher(model.batch());
  for (auto& frame : frames) {
    if (frame.outcome) {
      batcher.add(prepare_step(model, std::move(*frame.outcome), inputs_, /*release_image=*/false));
    }
  }
  batcher.end();
  Lander lander(model);
  auto place = frames.begin();
  while (auto gathered = batcher.next()) {
    for (auto& landed : lander.land(launch(model, std::move(*gathered)))) {
      while (!place->outcome) ++place;
      (place++)->outcome = std::move(landed);
    }
  }
}

}  // namespace fovea::pipeline
