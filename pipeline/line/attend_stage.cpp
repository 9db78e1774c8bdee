// SPDX-License-Identifier: Apache-2.0
#include "pipeline/line/attend_stage.hpp"

#include <utility>

namespace fovea::pipeline {

namespace {

AttentionMap map_of(const vision::AttentionMaps& rows, int query) {
  AttentionMap map;
  map.heads = rows.heads;
  map.grid = rows.grid;
  for (int head = 0; head < rows.heads; ++head) {
    const auto patches = rows.patches(0, head, query);
    map.values.insert(map.values.end(), patches.begin(), patches.end());
  }
  return map;
}

}  // namespace

AttendStage::AttendStage(AttendConfig config) : config_(std::move(config)) {}

std::vector<Data> AttendStage::needs() const {
  if (config_.per_object) return {Data::attention_rows, Data::objects};
  return {Data::attention_rows};
}

std::optional<Frame> AttendStage::process(Frame frame) {
  if (!frame.attention_rows) return frame;
  const AttentionRows rows = *std::exchange(frame.attention_rows, std::nullopt);
  Attention& attention = frame.attention.emplace();
  attention.what = attention_text(config_);
  attention.area = rows.area;
  if (!config_.per_object) {
    attention.maps.push_back(map_of(rows.maps, 0));
    return frame;
  }
  for (const vision::Object& object : frame.objects) {
    if (object.token < 0) continue;  // not of this look: a tracker's guess
    attention.maps.push_back(map_of(rows.maps, object.token));
    attention.maps.back().token = object.token;
  }
  return frame;
}

}  // namespace fovea::pipeline
