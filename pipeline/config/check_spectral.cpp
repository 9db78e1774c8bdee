// SPDX-License-Identifier: Apache-2.0
// Where change and stabilise stand among the other stages.
#include <algorithm>
#include <variant>

#include "pipeline/config/check.hpp"

namespace fovea::pipeline {
namespace {

template <class Config>
bool stands_before(const std::vector<StageConfig>& stages, std::size_t place) {
  return std::any_of(stages.begin(), stages.begin() + static_cast<std::ptrdiff_t>(place),
                     [](const StageConfig& s) { return std::holds_alternative<Config>(s); });
}

}  // namespace

void check_spectral(const RunConfig& config, std::size_t place, std::vector<Fault>& faults) {
  const std::vector<StageConfig>& stages = config.stages;
  if (const auto* change = std::get_if<ChangeConfig>(&stages[place])) {
    if (model_before(stages, place) != nullptr) {
      faults.push_back({change->place,
                        "'change' stands behind the model, which has looked at every picture then",
                        "put change before the first model: it spares the model pictures"});
    } else if (stands_before<ChangeConfig>(stages, place)) {
      faults.push_back({change->place, "a second change lets nothing go that the first let pass",
                        "keep one change in a run, the stricter"});
    }
  }
  if (const auto* stabilise = std::get_if<StabiliseConfig>(&stages[place])) {
    if (stands_before<TrackConfig>(stages, place)) {
      faults.push_back({stabilise->place,
                        "'stabilise' stands behind track, which has followed the boxes then",
                        "put stabilise before track"});
    }
    if (stands_before<StabiliseConfig>(stages, place)) {
      faults.push_back({stabilise->place, "a second stabilise measures what the first did",
                        "keep one stabilise in a run"});
    }
  }
}

}  // namespace fovea::pipeline
