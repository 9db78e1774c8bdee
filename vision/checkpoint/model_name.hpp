// SPDX-License-Identifier: Apache-2.0
#pragma once
// From what a user types after -m to a folder on this machine. Never downloads.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::vision {

struct LocalModel {
  std::string name;              // what the user may type
  std::filesystem::path folder;  // where its files are
  std::string origin;            // "built in", "Hugging Face cache", "path"
};

/// Order: an existing folder; a built-in name; org/name[@revision] in the Hugging Face
/// cache (HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub).
/// Throws ModelError that lists the built-in names, the nearest name and the command
/// that would download it.
LocalModel find_model(std::string_view name);

/// Built-in models first, then every ViT-like snapshot in the cache.
std::vector<LocalModel> local_models();

/// Folders searched for built-in models: $FOVEA_MODELS, the installed share folder, the source
/// tree.
std::vector<std::filesystem::path> builtin_model_roots();

/// The hub cache's root folder after the environment is applied.
std::filesystem::path hub_cache_root();

}  // namespace fovea::vision
