// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/event_json.hpp"

namespace fovea::pipeline {

Json to_json(const Event& event) {
  const bool of_line = event.kind == "line_cross";
  Json json = {{"event", event.kind}, {of_line ? "line" : "zone", event.where}};
  if (!event.direction.empty()) json["dir"] = event.direction;
  if (event.kind == "dwell" || event.kind == "zone_leave") {
    json["seconds"] = rounded(event.seconds, 3);
  }
  if (of_line || event.kind.starts_with("overcrowd")) json["count"] = event.count;
  if (event.track) json["track"] = *event.track;
  if (!event.object.empty()) json["object"] = event.object;
  return json;
}

}  // namespace fovea::pipeline
