// SPDX-License-Identifier: Apache-2.0
#pragma once
// The JSON questions that pipeline/hub/ has, answered here where JSON is read.

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace fovea::vision {

struct HubListing {
  std::string commit;           // 40 hexadecimal digits
  std::set<std::string> files;  // paths in the repository
};

/// The answer of GET /api/models/{repository}/revision/{revision}.
/// Throws ModelError when it is no such answer.
HubListing parse_hub_listing(std::string_view json, const std::string& where);

/// The shards that a model.safetensors.index.json or pytorch_model.bin.index.json names:
/// plain file names. Throws ModelError when the file is malformed.
std::set<std::string> shard_names(const std::filesystem::path& index);

/// Throws ModelError naming the type when config.json is of a model that open() would refuse
/// for its type alone: asked before gigabytes are downloaded.
void require_supported_type(const std::filesystem::path& config_file);

}  // namespace fovea::vision
