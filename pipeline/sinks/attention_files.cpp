// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/attention_files.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/config/attention_kinds.hpp"
#include "pipeline/sinks/picture_writer.hpp"

namespace fovea::pipeline {

std::vector<ShownMap> shown_maps(const Frame& frame) {
  std::vector<ShownMap> shown;
  if (!frame.attention) return shown;
  for (const AttentionMap& map : frame.attention->maps) {
    if (!map.token) {
      shown.push_back({&map, {}});
      continue;
    }
    const auto object = std::ranges::find(frame.objects, *map.token, &vision::Object::token);
    if (object == frame.objects.end()) continue;
    shown.push_back({&map, static_cast<std::size_t>(object - frame.objects.begin())});
  }
  return shown;
}

std::vector<AttentionFile> attention_files(const AttentionConfig& config, const FrameTag& tag,
                                           const ShownMap& shown) {
  std::string name = picture_name(tag);
  if (shown.object) name += fmt::format("_{}", *shown.object);
  std::vector<AttentionFile> files;
  for (const std::string& kind : attention_kinds()) {
    if (!config.write.empty() && std::ranges::find(config.write, kind) == config.write.end()) {
      continue;
    }
    if (kind == "heads" && shown.map->heads == 1) continue;
    if (kind == "npy") {
      files.push_back({kind, config.dir / (name + ".npy")});
      continue;
    }
    const bool jpg = kind == "overlay" && config.format == PictureFormat::jpg;
    files.push_back({kind, config.dir / (name + "_" + kind + (jpg ? ".jpg" : ".png"))});
  }
  return files;
}

}  // namespace fovea::pipeline
