// SPDX-License-Identifier: Apache-2.0
// emit_yaml() and the checker are inverse to each other.
#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include <gmock/gmock.h>

#include "pipeline/config/config.hpp"
#include "pipeline/config/keys.hpp"
#include "tests/unit/config/any_value.hpp"

namespace fovea::pipeline {
namespace {

/// Equal exactly when two configs mean the same run.
std::string spelled_out(const RunConfig& config) {
  std::string text = spelled_out(run_section(), &config);
  for (const SourceConfig& source : config.sources) {
    text += source.name + ":" + spelled_out(source_section(), &source);
  }
  for (const StageConfig& stage : config.stages) {
    text += spelled_out(stage_kinds()[stage.index()].section, target_of(stage));
  }
  for (const SinkConfig& sink : config.sinks) {
    text += spelled_out(sink_forms()[sink.kind.index()].section, target_of(sink.kind));
  }
  return text;
}

void expect_round_trip(const RunConfig& config) {
  const std::string yaml = emit_yaml(config);
  const CheckedConfig again = check_config_text(yaml, "emitted", {}, false);
  EXPECT_EQ(to_string(again.faults), "") << yaml;
  EXPECT_EQ(spelled_out(again.config), spelled_out(config)) << yaml;
  EXPECT_EQ(emit_yaml(again.config), yaml);
}

TEST(Emit, AShortCommandAsAPersonWouldWriteIt) {
  RunConfig config;
  config.sources.push_back({.path = "my photos"});
  config.stages.emplace_back(ClassifyConfig{.model = "fovea-vit-cifar10", .top = 3});
  config.sinks.push_back({JsonlConfig{"out.jsonl"}, {}});
  config.sinks.push_back({TableConfig{}, {}});
  EXPECT_EQ(emit_yaml(config),
            "version: 1\n"
            "source: {path: \"my photos\"}\n"
            "stages:\n"
            "  - classify: {model: fovea-vit-cifar10, top: 3}\n"
            "sinks:\n"
            "  - jsonl: {path: out.jsonl}\n"
            "  - table: {}\n"
            "device: auto\n"
            "precision: auto\n"
            "batch: 8\n");
  expect_round_trip(config);
}

/// Leaves out what the checker refuses for a source of that kind.
void keep_what_fits(SourceConfig& source) {
  const SourceConfig plain;
  if (source.kind != SourceKind::path) source.watch = false;
  if (source.kind != SourceKind::video) source.realtime = false;
  if (source.kind != SourceKind::rtsp) source.transport = plain.transport;
  source.fourcc = "MJPG";
  if (source.kind != SourceKind::webcam) {
    source.width = source.height = 0;
    source.fps = 0;
    source.fourcc.clear();
  }
  source.address.clear();
  if (source.kind == SourceKind::webcam) source.address = "0";
  if (source.kind == SourceKind::rtsp) source.address = "rtsp://10.0.0.7/stream 1";
  if (source.kind == SourceKind::mjpeg) source.address = "https://10.0.0.8:81/video?quality=3";
  if (!is_camera(source)) {
    source.open_timeout = plain.open_timeout;
    source.stall_timeout = plain.stall_timeout;
    source.frozen_timeout = plain.frozen_timeout;
    source.reconnect = plain.reconnect;
  }
  source.reconnect.max = std::max(source.reconnect.max, source.reconnect.initial);
}

/// The same of attention: it may stand behind either kind of model.
void keep_what_fits(AttendConfig& attend) {
  if (attend.method != vision::AttentionMethod::raw) {
    attend = {.method = vision::AttentionMethod::rollout, .query = attend.query};
  }
  attend.per_object = false;
}

/// The same of keys that only runs with streams may have.
void keep_what_fits(RunConfig& config) {
  const bool keeps_up = std::ranges::any_of(config.sources, [](const SourceConfig& source) {
    return is_camera(source) || source.realtime;
  });
  if (!keeps_up) config.latency = {};
  if (!config.latency.degrade.empty()) {
    config.latency.degrade = {"fps"};  // fits any chain
    config.latency.max_age += std::chrono::milliseconds(1);
  }
  if (is_live(config)) {
    if (config.view) config.view->http = "[::1]:80";
    if (config.view) config.view->token.clear();  // is not written
    return;
  }
  config.view.reset();
  config.batching = {};
  for (StageConfig& stage : config.stages) {
    if (auto* track = std::get_if<TrackConfig>(&stage)) track->detect_every = 1;
  }
}

class AnyConfig : public AnyValue {
 public:
  using AnyValue::AnyValue;

  RunConfig run() {
    RunConfig config;
    fill(run_section(), &config);
    config.version = 1;
    const int sources = number(1, 3);
    const bool named = number(0, 1) == 1;
    for (int i = 0; i < sources; ++i) {
      SourceConfig source;
      fill(source_section(), &source);
      source.kind = static_cast<SourceKind>(number(0, 6));
      source.path = source.kind == SourceKind::stdin_paths || is_camera(source) ? "" : text();
      keep_what_fits(source);
      if (named) source.name = "name " + std::to_string(i);
      config.sources.push_back(source);
    }
    std::set<std::string> there{"image"};
    // A need may name alternatives: "labels or objects".
    const auto is_there = [&](const std::string& need) {
      return std::any_of(there.begin(), there.end(), [&](const std::string& thing) {
        return need.find(thing) != std::string::npos;
      });
    };
    const auto fits = [&](const std::vector<std::string>& needs) {
      return std::all_of(needs.begin(), needs.end(), is_there);
    };
    for (const StageKind& kind : stage_kinds()) {
      if (kind.section.name == "zones") continue;  // shapes have rules of their own
      const bool again = !kind.gives.empty() && fits(kind.gives);
      if (!fits(kind.needs) || again || (!config.stages.empty() && number(0, 1) == 1)) continue;
      const bool in_parts = std::ranges::any_of(config.stages, looks_at_parts);
      if (kind.section.name == "attend" && in_parts) continue;
      StageConfig stage = kind.make();
      fill(kind.section, target_of(stage));
      if (auto* classify = std::get_if<ClassifyConfig>(&stage)) {
        classify->on = ClassifyOn::image;
        classify->of.clear();
      }
      if (auto* filter = std::get_if<FilterConfig>(&stage)) filter->labels.push_back(text());
      if (auto* track = std::get_if<TrackConfig>(&stage)) {
        std::array scores{track->low_score, track->high_score, track->new_score};
        std::sort(scores.begin(), scores.end());
        std::tie(track->low_score, track->high_score, track->new_score) = std::tuple_cat(scores);
      }
      if (auto* attend = std::get_if<AttendConfig>(&stage)) keep_what_fits(*attend);
      there.insert(kind.gives.begin(), kind.gives.end());
      // What looks at the picture alone may stand in front of all, and partly must.
      const bool early = kind.section.name == "change" || kind.section.name == "stabilise";
      config.stages.insert(early ? config.stages.begin() : config.stages.end(), std::move(stage));
    }
    keep_what_fits(config);
    if (there.contains("objects") && number(0, 1) == 1) {
      ClassifyConfig crops;
      fill(stage_kinds()[StageConfig(crops).index()].section, &crops);
      crops.on = ClassifyOn::crops;
      config.stages.emplace_back(crops);
    }
    for (const SinkForm& form : sink_forms()) {
      if (!fits(form.needs) || (form.section.name != "table" && number(0, 1) == 1)) continue;
      SinkKind sink = form.make();
      fill(form.section, target_of(sink));
      if (auto* video = std::get_if<VideoConfig>(&sink)) video->path += "x.mp4";
      config.sinks.push_back({sink, {}});
    }
    return config;
  }
};

TEST(Emit, ATokenIsNeverWritten) {
  RunConfig config;
  config.sources.push_back({.kind = SourceKind::webcam, .address = "0"});
  config.stages.emplace_back(ClassifyConfig{.model = "m"});
  config.view = ViewConfig{.http = "0.0.0.0:80", .token = "correct-horse-battery"};
  const std::string yaml = emit_yaml(config);
  EXPECT_THAT(yaml, testing::HasSubstr("\nview: {http: \"0.0.0.0:80\", token: \"***\"}\n"));
  EXPECT_THAT(to_string(check_config_text(yaml, "t", {}, false).faults),
              testing::HasSubstr("the token was taken out when it was printed"));
}

TEST(Emit, AnyConfigRoundTrips) {
  for (unsigned seed = 0; seed < 500; ++seed) expect_round_trip(AnyConfig(seed).run());
}

}  // namespace
}  // namespace fovea::pipeline
