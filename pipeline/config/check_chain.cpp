// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

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

bool any_there(const std::string& need, const std::set<std::string>& there) {
  return std::ranges::any_of(alternatives_of(need),
                             [&](const std::string& what) { return there.contains(what); });
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

/// `first` is the chain's first such stage, null before it.
void check_quality(const QualityConfig& quality, const QualityConfig* first,
                   std::vector<Fault>& faults) {
  if (first != nullptr) {
    faults.push_back({quality.place,
                      "a second quality would overwrite the scores of " + inner_name(first->place),
                      "keep one quality in a run"});
  }
  const auto least = quality.least();
  const bool asks = std::ranges::any_of(least, [](double score) { return score > 0; });
  if (asks || quality.on_fail == OnFail::tag || has_faults_inside(quality.place, faults)) return;
  faults.push_back({quality.place, "this quality asks for nothing, so no picture can fail it",
                    "give it blur_min: 30% or another least score, or on_fail: tag"});
}

}  // namespace

void check_chain(const RunConfig& config, std::vector<Fault>& faults) {
  std::set<std::string> there{"image"};
  std::map<std::pair<std::size_t, bool>, const Place*> models;  // the first of each kind
  const QualityConfig* quality = nullptr;
  for (std::size_t i = 0; i < config.stages.size(); ++i) {
    const StageConfig& stage = config.stages[i];
    const StageKind kind = kind_of(stage);
    const Place& place =
        std::visit([](const auto& held) -> const Place& { return held.place; }, stage);
    for (const std::string& need : kind.needs) {
      if (any_there(need, there)) continue;
      const std::string maker = maker_of(alternatives_of(need).front());
      const bool comes_later =
          std::any_of(config.stages.begin() + static_cast<std::ptrdiff_t>(i), config.stages.end(),
                      [&](const StageConfig& later) { return stage_name(later) == maker; });
      faults.push_back(
          {place,
           "'" + kind.section.name + "' needs " + need + ", and no stage before it gives them",
           comes_later ? "put " + maker + " before it"
                       : "put " + maker + " before it: " + example_of(maker)});
    }
    if (model_of(stage) != nullptr) {
      const std::string& name = kind.section.name;
      const auto [first, fresh] =
          models.emplace(std::pair(stage.index(), names_pictures(stage)), &place);
      if (!fresh) {
        const std::string what = kind.gives.empty() ? "names of the objects" : kind.gives.front();
        faults.push_back({place,
                          "a second " + name + " would overwrite the " + what + " of " +
                              inner_name(*first->second),
                          "keep one " + name + " in a run; run fovea once for each model"});
      }
    }
    if (const auto* classify = std::get_if<ClassifyConfig>(&stage);
        classify != nullptr && classify->on == ClassifyOn::image && !classify->of.empty()) {
      faults.push_back({place, "'of' names objects, and this classify looks at whole pictures",
                        "add on: crops, behind a detect stage; or remove of"});
    }
    if (std::holds_alternative<AttendConfig>(stage)) check_attend(config, i, faults);
    check_spectral(config, i, faults);
    if (const auto* held = std::get_if<QualityConfig>(&stage)) {
      check_quality(*held, quality, faults);
      if (quality == nullptr) quality = held;
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
    if (const auto* hook = std::get_if<WebhookConfig>(&sink.kind)) {
      check_webhook(*hook, sink.place, faults);
    }
    if (const auto* video = std::get_if<VideoConfig>(&sink.kind);
        video != nullptr && !video->path.empty() && video->path.extension() != ".mp4") {
      faults.push_back({sink.place, "the video '" + video->path.string() + "' is no .mp4",
                        "end its name in .mp4: other containers are not written"});
    }
    const SinkForm& form = sink_forms()[sink.kind.index()];
    for (const std::string& need : form.needs) {
      if (any_there(need, there)) continue;
      const std::string maker = maker_of(alternatives_of(need).front());
      faults.push_back(
          {sink.place,
           "the sink '" + form.section.name + "' needs " + need + ", and no stage gives them",
           "add a stage: " + example_of(maker)});
    }
  }
}

}  // namespace fovea::pipeline
