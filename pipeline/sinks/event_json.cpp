// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/event_json.hpp"

#include <algorithm>
#include <variant>

#include "pipeline/sinks/clock.hpp"
#include "pipeline/sinks/text.hpp"
#include "pipeline/track/stream_time.hpp"

namespace fovea::pipeline {

Json to_json(const Event& event) {
  const bool of_line = event.kind == "line_cross";
  const bool of_quality = event.kind.starts_with("quality_");
  Json json = {{"event", event.kind},
               {of_line ? "line" : (of_quality ? "what" : "zone"), event.where}};
  if (of_quality) json["value"] = rounded(event.value, 4);
  if (!event.direction.empty()) json["dir"] = event.direction;
  if (event.kind == "dwell" || event.kind == "zone_leave") {
    json["seconds"] = rounded(event.seconds, 3);
  }
  if (of_line || event.kind.starts_with("overcrowd")) json["count"] = event.count;
  if (event.track) json["track"] = *event.track;
  if (!event.object.empty()) json["object"] = event.object;
  return json;
}

std::string to_event_line(const Event& event, const FrameTag& tag) {
  Json json = {{"schema", kSchema}};
  json.update(to_json(event));
  json["source"] = source_field(tag.source);
  json["frame"] = tag.frame;
  json["t"] = rounded(seconds_of(tag), 3);
  if (tag.captured) json["t_capture"] = utc_time(*tag.captured);
  return to_line(json);
}

bool is_wanted(const Event& event, const std::vector<std::string>& kinds) {
  return kinds.empty() || std::ranges::find(kinds, event.kind) != kinds.end();
}

void for_each_event(const Outcome<Frame>& outcome, const std::vector<std::string>& kinds,
                    const std::function<void(std::string)>& take) {
  const auto* frame = std::get_if<Frame>(&outcome);
  if (frame == nullptr) return;
  for (const Event& event : frame->events) {
    if (is_wanted(event, kinds)) take(to_event_line(event, frame->tag));
  }
}

}  // namespace fovea::pipeline
