// SPDX-License-Identifier: Apache-2.0
#pragma once
// The local cache of Hugging Face's tools, shared with them: folders models--org--name
// holding blobs/, refs/<revision> (a commit's name) and snapshots/<commit>/ (links to blobs).
// Read by model_name.cpp, written by pipeline/hub/.

#include <filesystem>
#include <string>
#include <string_view>

namespace fovea::vision {

struct HubName {
  std::string repository;         // "org/name"
  std::string revision = "main";  // branch, tag, commit or refs/pr/N
};

/// "org/name" or "org/name@revision"; the hub's rules for names, so that none leads
/// out of the cache. Throws ModelError when `text` is not such a name.
HubName parse_hub_name(std::string_view text);

/// The same question without the error.
bool is_hub_name(std::string_view text);

/// root/models--org--name
std::filesystem::path hub_repository_folder(const std::filesystem::path& root, const HubName& name);

/// The snapshot folder of `name` in the cache; empty when there is none that holds a config.json.
/// A commit may be shortened to 7 characters or more where that is unambiguous.
std::filesystem::path find_snapshot(const std::filesystem::path& root, const HubName& name);

}  // namespace fovea::vision
