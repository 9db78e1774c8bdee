// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/filter_stage.hpp"

#include <algorithm>
#include <utility>

namespace fovea::pipeline {

FilterStage::FilterStage(FilterConfig config) : config_(std::move(config)) {}

std::optional<Frame> FilterStage::process(Frame frame) {
  if (frame.labels.empty()) return std::nullopt;
  const vision::Label& best = frame.labels.front();
  const auto& wanted = config_.labels;
  const bool named = wanted.empty() || std::ranges::find(wanted, best.name) != wanted.end();
  if (!named || static_cast<double>(best.score) < config_.min_score) return std::nullopt;
  return frame;
}

}  // namespace fovea::pipeline
