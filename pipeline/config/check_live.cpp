// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "pipeline/config/check.hpp"
#include "pipeline/config/keys.hpp"
#include "pipeline/config/mask.hpp"

namespace fovea::pipeline {
namespace {

/// A key of a source that means something for some kinds only.
struct OwnKey {
  std::string_view name;
  std::vector<SourceKind> kinds;
};

const std::vector<OwnKey>& own_keys() {
  using enum SourceKind;
  static const std::vector<OwnKey> keys{{"watch", {path}},
                                        {"realtime", {video}},
                                        {"transport", {rtsp}},
                                        {"width", {webcam}},
                                        {"height", {webcam}},
                                        {"fps", {webcam}},
                                        {"fourcc", {webcam}},
                                        {"open_timeout", {webcam, rtsp, mjpeg}},
                                        {"stall_timeout", {webcam, rtsp, mjpeg}},
                                        {"frozen_timeout", {webcam, rtsp, mjpeg}},
                                        {"reconnect", {webcam, rtsp, mjpeg}}};
  return keys;
}

std::string_view kind_name(SourceKind kind) {
  constexpr std::array<std::string_view, 7> kNames{"path", "list",  "stdin", "webcam",
                                                   "rtsp", "mjpeg", "video"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string kinds_text(const std::vector<SourceKind>& kinds) {
  std::vector<std::string_view> names;
  for (const SourceKind kind : kinds) names.push_back(kind_name(kind));
  return fmt::format("{}", fmt::join(names, ", "));
}

/// The node of each of config.sources, in their order; null where the source is no map.
std::vector<const Node*> source_nodes(const Document& document) {
  std::vector<const Node*> nodes;
  const Node& root = document.root;
  if (!root.is_map()) return nodes;
  for (const Node::Entry& entry : root.entries) {
    if (entry.key == "source") nodes.push_back(&entry.value);
    if (entry.key != "sources") continue;
    for (const Node& item : entry.value.items) nodes.push_back(&item);
    for (const Node::Entry& inner : entry.value.entries) nodes.push_back(&inner.value);
  }
  return nodes;
}

void check_own_keys(const Document& document, const Node& node, const SourceConfig& source,
                    std::vector<Fault>& faults) {
  for (const OwnKey& key : own_keys()) {
    if (std::ranges::find(key.kinds, source.kind) != key.kinds.end()) continue;
    for (const Node::Entry& entry : node.entries) {
      if (entry.key != key.name) continue;
      faults.push_back({place_of(document, entry.mark, join_path(source.place.path, entry.key)),
                        fmt::format("'{}' means nothing for a source of the kind {}", entry.key,
                                    kind_name(source.kind)),
                        fmt::format("remove it; it belongs to {}", kinds_text(key.kinds))});
    }
  }
}

void check_address(const SourceConfig& source, std::vector<Fault>& faults) {
  if (!is_camera(source) || source.address.empty()) return;
  const std::string& address = source.address;
  const auto starts = [&](std::string_view scheme) {
    return address.size() > scheme.size() &&
           std::equal(scheme.begin(), scheme.end(), address.begin(), [](char a, char b) {
             return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
           });
  };
  if (is_masked(address)) {
    faults.push_back({source.place, "the address's password was taken out when it was printed",
                      "write ${CAM_USER}:${CAM_PASSWORD} in its place, and set the variables"});
  } else if (source.kind == SourceKind::rtsp && !starts("rtsp://") && !starts("rtsps://")) {
    faults.push_back({source.place, "the address does not begin with rtsp://",
                      "write it as in rtsp://10.0.0.7/stream1"});
  } else if (source.kind == SourceKind::mjpeg && !starts("http://") && !starts("https://")) {
    faults.push_back({source.place, "the address does not begin with http:// or https://",
                      "write it as in http://10.0.0.8/video.mjpg"});
  }
}

void check_camera(const SourceConfig& source, std::vector<Fault>& faults) {
  check_address(source, faults);
  if (!source.fourcc.empty() && source.fourcc.size() != 4) {
    faults.push_back({source.place, "fourcc '" + source.fourcc + "' has not four characters",
                      "write it as in MJPG or YUYV"});
  }
  if (source.reconnect.max < source.reconnect.initial) {
    faults.push_back({source.place, "reconnect.max is shorter than reconnect.initial",
                      "make max the longer of the two"});
  }
}

void check_degrade(const RunConfig& config, std::vector<Fault>& faults) {
  const LatencyConfig& latency = config.latency;
  const std::vector<std::string>& measures = latency.degrade;
  if (measures.empty()) return;
  if (latency.max_age.count() == 0) {
    faults.push_back({latency.place, "degrade goes by max_age, and there is none",
                      "say what is too late, as in max_age: 150ms"});
  }
  for (const char* measure : {"fps", "size"}) {
    if (std::ranges::count(measures, measure) > 1) {
      faults.push_back({latency.place, fmt::format("degrade has {} twice", measure),
                        "write it once: it has all its steps then"});
    }
  }
  const bool shrinks = std::ranges::find(measures, "size") != measures.end();
  const auto model = std::ranges::find_if(
      config.stages, [](const StageConfig& stage) { return model_of(stage) != nullptr; });
  if (shrinks && model != config.stages.end() && !std::holds_alternative<DetectConfig>(*model)) {
    faults.push_back({latency.place,
                      "degrade: size is for detectors, and the first model is none: a classifier's "
                      "input has one size",
                      "leave it out: degrade: [fps]"});
  }
}

/// Keys that only the live line reads, in a run without a stream.
void check_run_keys(const Document& document, const RunConfig& config, std::vector<Fault>& faults) {
  const bool keeps_up = std::ranges::any_of(config.sources, [](const SourceConfig& source) {
    return is_camera(source) || source.realtime;
  });
  const auto at = [&](std::string_view key) {
    return place_of(document, document.root.find(key)->mark, std::string(key));
  };
  if (document.root.find("latency") != nullptr && !keeps_up) {
    faults.push_back({at("latency"),
                      "latency is for cameras and videos in real time, and there is none",
                      "remove it, or add realtime: true to a video"});
  }
  check_degrade(config, faults);
  if (is_live(config)) return;
  if (document.root.find("batching") != nullptr) {
    faults.push_back({at("batching"), "batching is for streams, and there is none",
                      "remove it; pictures go by 'batch'"});
  }
  for (const StageConfig& stage : config.stages) {
    const auto* track = std::get_if<TrackConfig>(&stage);
    if (track == nullptr || track->detect_every == 1) continue;
    faults.push_back({track->place, "detect_every is for streams, and there is none",
                      "remove it; pictures are all looked at"});
  }
}

}  // namespace

void check_live(const Document& document, const RunConfig& config, std::vector<Fault>& faults) {
  const std::vector<const Node*> nodes = source_nodes(document);
  for (std::size_t i = 0; i < config.sources.size(); ++i) {
    const SourceConfig& source = config.sources[i];
    check_camera(source, faults);
    // Where one source of several could not be read, they do not pair up.
    if (nodes.size() == config.sources.size()) check_own_keys(document, *nodes[i], source, faults);
  }
  if (document.root.is_map() && !config.sources.empty()) check_run_keys(document, config, faults);
}

}  // namespace fovea::pipeline
