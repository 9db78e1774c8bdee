// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "pipeline/config/check.hpp"
#include "pipeline/config/keys.hpp"

namespace fovea::pipeline {
namespace {

/// The stage that makes `what`, for the advice where it is missing.
std::string maker_of(const std::string& what) {
  for (const StageKind& kind : stage_kinds()) {
    if (std::find(kind.gives.begin(), kind.gives.end(), what) != kind.gives.end()) {
      return kind.section.name;
    }
  }
  return {};
}

/// "- detect: {model: NAME}", with the keys that must be given.
std::string example_of(const std::string& stage) {
  std::string keys;
  for (const StageKind& kind : stage_kinds()) {
    if (kind.section.name != stage) continue;
    for (const Key& key : kind.section.keys) {
      if (key.required) keys += (keys.empty() ? "" : ", ") + key.name + ": NAME";
    }
  }
  return "- " + stage + ": {" + keys + "}";
}

/// "labels or objects" -> both.
std::vector<std::string> alternatives_of(const std::string& need) {
  constexpr std::string_view kOr = " or ";
  std::vector<std::string> all;
  std::size_t from = 0;
  for (std::size_t at = need.find(kOr); at != std::string::npos; at = need.find(kOr, from)) {
    all.push_back(need.substr(from, at - from));
    from = at + kOr.size();
  }
  all.push_back(need.substr(from));
  return all;
}

std::string stage_name(const StageConfig& stage) {
  return stage_kinds()[stage.index()].section.name;
}

std::string inner_name(const Place& place) {
  const std::size_t dot = place.path.rfind('.');
  return dot == std::string::npos ? place.path : place.path.substr(0, dot);
}

bool has_faults_inside(const Place& place, const std::vector<Fault>& faults) {
  return std::any_of(faults.begin(), faults.end(),
                     [&](const Fault& fault) { return fault.place.path.starts_with(place.path); });
}

}  // namespace

void check_chain(const RunConfig& config, std::vector<Fault>& faults) {
  std::set<std::string> there{"image"};
  std::map<std::size_t, const Place*> models;  // the first of each kind
  for (std::size_t i = 0; i < config.stages.size(); ++i) {
    const StageConfig& stage = config.stages[i];
    const StageKind& kind = stage_kinds()[stage.index()];
    const Place& place =
        std::visit([](const auto& held) -> const Place& { return held.place; }, stage);
    for (const std::string& need : kind.needs) {
      if (there.contains(need)) continue;
      const std::string maker = maker_of(need);
      const bool comes_later =
          std::any_of(config.stages.begin() + static_cast<std::ptrdiff_t>(i), config.stages.end(),
                      [&](const StageConfig& later) { return stage_name(later) == maker; });
      faults.push_back(
          {place,
           "'" + kind.section.name + "' needs " + need + ", and no stage before it gives them",
           comes_later ? "put " + maker + " before it"
                       : "put " + maker + " before it: " + example_of(maker)});
    }
    if (std::holds_alternative<ClassifyConfig>(stage) ||
        std::holds_alternative<DetectConfig>(stage)) {
      const std::string& name = kind.section.name;
      const auto [first, fresh] = models.emplace(stage.index(), &place);
      if (!fresh) {
        faults.push_back({place,
                          "a second " + name + " would overwrite the " + kind.gives.front() +
                              " of " + inner_name(*first->second),
                          "keep one " + name + " in a run; run fovea once for each model"});
      }
    }
    if (const auto* zones = std::get_if<ZonesConfig>(&stage)) check_zones(*zones, config, faults);
    if (const auto* track = std::get_if<TrackConfig>(&stage)) check_track(*track, faults);
    there.insert(kind.gives.begin(), kind.gives.end());
    if (const auto* filter = std::get_if<FilterConfig>(&stage);
        filter != nullptr && filter->labels.empty() && filter->min_score <= 0 &&
        !has_faults_inside(place, faults)) {
      faults.push_back({place, "this filter lets every picture pass",
                        "give it labels: [NAME, ...] or min_score: 60%"});
    }
  }
  for (const SinkConfig& sink : config.sinks) {
    const SinkForm& form = sink_forms()[sink.kind.index()];
    for (const std::string& need : form.needs) {
      const std::vector<std::string> alternatives = alternatives_of(need);
      if (std::ranges::any_of(alternatives,
                              [&](const std::string& what) { return there.contains(what); })) {
        continue;
      }
      const std::string maker = maker_of(alternatives.front());
      faults.push_back(
          {sink.place,
           "the sink '" + form.section.name + "' needs " + need + ", and no stage gives them",
           "add a stage: " + example_of(maker)});
    }
  }
}

}  // namespace fovea::pipeline
