// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/hub_listing.hpp"

#include <fmt/format.h>

#include "compute/error.hpp"
#include "vision/checkpoint/json_file.hpp"
#include "vision/checkpoint/model_config.hpp"

namespace fovea::vision {

HubListing parse_hub_listing(std::string_view json, const std::string& where) {
  const auto answer = parse_json(json, where);
  HubListing listing;
  if (answer.is_object()) {
    listing.commit = string_or(answer, "sha", "", where);
    const auto siblings = answer.find("siblings");
    if (siblings != answer.end() && siblings->is_array()) {
      for (const auto& sibling : *siblings) {
        if (!sibling.is_object()) continue;
        listing.files.insert(string_or(sibling, "rfilename", "", where));
      }
    }
  }
  if (listing.commit.size() != 40 ||
      listing.commit.find_first_not_of("0123456789abcdef") != std::string::npos) {
    throw ModelError("the answer names no commit; this is not a hub's answer", where,
                     "check HF_ENDPOINT: it must be a server that speaks the hub's protocol");
  }
  return listing;
}

std::set<std::string> shard_names(const std::filesystem::path& index) {
  const auto json = read_json_object(index);
  const auto map = json.find("weight_map");
  if (map == json.end() || !map->is_object() || map->empty()) {
    throw ModelError("the index of the weight shards has no 'weight_map'", index.string(),
                     "download the file again");
  }
  std::set<std::string> names;
  for (const auto& [tensor, shard] : map->items()) {
    const std::string name = shard.is_string() ? shard.get<std::string>() : std::string();
    // A name with a path in it could point at any file of this machine.
    if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos ||
        name.find('\0') != std::string::npos) {
      throw ModelError(fmt::format("the shard of '{}' is not a plain file name", tensor),
                       index.string(), "download the file again");
    }
    names.insert(name);
  }
  return names;
}

void require_supported_type(const std::filesystem::path& config_file) {
  const auto config = read_json_object(config_file);
  const std::string where = config_file.string();
  if (is_supported_type(config, where)) return;
  const bool timm = is_timm_config(config);
  throw ModelError(
      fmt::format("{} '{}' is not supported", timm ? "timm architecture" : "model_type",
                  string_or(config, timm ? "architecture" : "model_type", "", where)),
      where, "use a model of type vit, deit, yolos or gfnet, or a plain timm ViT");
}

}  // namespace fovea::vision
