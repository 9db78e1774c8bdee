// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/model_name.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "vision/checkpoint/hub_cache.hpp"
#include "vision/checkpoint/json_file.hpp"
#include "vision/checkpoint/model_config.hpp"
#include "vision/checkpoint/weight_files.hpp"

namespace fovea::vision {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

fs::path home_folder() {
  if (const std::string home = environment("HOME"); !home.empty()) return home;
  const passwd* user = ::getpwuid(::getuid());
  return user == nullptr ? fs::path(".") : fs::path(user->pw_dir);
}

fs::path with_home(const std::string& path) {
  if (path == "~") return home_folder();
  return path.starts_with("~/") ? home_folder() / path.substr(2) : fs::path(path);
}

bool has_config(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "config.json", ignored);
}

/// Subfolders in the order of their names, so that listings do not depend on the disk.
std::vector<fs::path> subfolders(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.is_directory(ignored)) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<LocalModel> builtin_models() {
  std::vector<LocalModel> models;
  std::set<std::string> seen;
  for (const fs::path& root : builtin_model_roots()) {
    for (const fs::path& folder : subfolders(root)) {
      const std::string name = folder.filename().string();
      if (has_config(folder) && seen.insert(name).second) {
        models.push_back({name, folder, "built in"});
      }
    }
  }
  return models;
}

/// Levenshtein's distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// Empty when none is near enough to be a slip of the hand.
std::string nearest(std::string_view name, const std::vector<LocalModel>& models) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const LocalModel& model : models) {
    const std::size_t distance = edit_distance(name, model.name);
    if (distance < best_distance) {
      best_distance = distance;
      best = model.name;
    }
  }
  return best;
}

[[noreturn]] void refuse(std::string_view name) {
  const auto models = builtin_models();
  std::vector<std::string> names;
  for (const LocalModel& model : models) names.push_back(model.name);
  const bool on_hub = is_hub_name(name) && name.find('/') != std::string_view::npos;
  const std::string near = nearest(name, models);
  std::string fix = near.empty() ? std::string() : fmt::format("did you mean '{}'? ", near);
  if (on_hub) fix += fmt::format("download it: fovea models pull {}; or ", name);
  fix +=
      fmt::format("give a model folder, org/name from the hub, or a built-in name ({})",
                  names.empty() ? "none is installed" : fmt::format("{}", fmt::join(names, ", ")));
  throw ModelError(fmt::format("no model '{}' on this machine", name),
                   fmt::format("folders, built-in models, {}", hub_cache_root().string()), fix);
}

bool has_weights(const fs::path& folder) {
  std::error_code ignored;
  return std::any_of(std::begin(kWeightFileNames), std::end(kWeightFileNames),
                     [&](const char* name) { return fs::exists(folder / name, ignored); });
}

/// A model that open() may accept: its type is one of ours and weights lie beside it.
bool is_vit_like(const fs::path& folder) {
  if (!has_config(folder) || !has_weights(folder)) return false;
  try {
    const std::string where = (folder / "config.json").string();
    return is_supported_type(read_json_object(folder / "config.json"), where);
  } catch (const ModelError&) {
    return false;  // not listed; opening it by name tells what is wrong
  }
}

/// refs/main -> "main", refs/refs/pr/3 -> "refs/pr/3", by commit.
std::map<std::string, std::set<std::string>> references(const fs::path& repository) {
  std::map<std::string, std::set<std::string>> by_commit;
  std::error_code ignored;
  const fs::path root = repository / "refs";
  for (const auto& entry : fs::recursive_directory_iterator(root, ignored)) {
    std::ifstream file(entry.path());
    std::string commit;
    if (entry.is_regular_file(ignored) && file >> commit) {
      by_commit[commit].insert(fs::relative(entry.path(), root, ignored).string());
    }
  }
  return by_commit;
}

void add_cached(const fs::path& repository, std::vector<LocalModel>& models) {
  std::string name = repository.filename().string().substr(std::string_view("models--").size());
  const std::size_t dashes = name.find("--");
  if (dashes != std::string::npos)
    name = fmt::format("{}/{}", name.substr(0, dashes), name.substr(dashes + 2));
  if (!is_hub_name(name)) return;
  const auto named = references(repository);
  for (const fs::path& snapshot : subfolders(repository / "snapshots")) {
    if (!is_vit_like(snapshot)) continue;
    const std::string commit = snapshot.filename().string();
    const auto at = named.find(commit);
    std::string full = name + "@" + commit;
    if (at != named.end()) {
      full = at->second.contains("main") ? name : name + "@" + *at->second.begin();
    }
    models.push_back({full, snapshot, "Hugging Face cache"});
  }
}

}  // namespace

fs::path hub_cache_root() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const std::string cache = environment(name); !cache.empty()) return with_home(cache);
  }
  if (const std::string home = environment("HF_HOME"); !home.empty()) {
    return with_home(home) / "hub";
  }
  const std::string caches = environment("XDG_CACHE_HOME");
  return (caches.empty() ? home_folder() / ".cache" : with_home(caches)) / "huggingface" / "hub";
}

std::vector<fs::path> builtin_model_roots() {
  std::vector<fs::path> roots;
  if (const std::string own = environment("FOVEA_MODELS"); !own.empty()) {
    roots.push_back(with_home(own));
  }
  roots.emplace_back(FOVEA_INSTALLED_MODELS);
  roots.emplace_back(FOVEA_SOURCE_MODELS);
  return roots;
}

LocalModel find_model(std::string_view name) {
  const fs::path path = with_home(std::string(name));
  std::error_code ignored;
  if (!name.empty() && fs::is_directory(path, ignored)) return {std::string(name), path, "path"};
  if (!name.empty() && fs::is_regular_file(path, ignored)) {
    throw ModelError(
        fmt::format("'{}' is a file, a model is a folder", name), path.string(),
        fmt::format("give its folder: -m {}",
                    path.has_parent_path() ? path.parent_path().string() : std::string(".")));
  }
  for (LocalModel& model : builtin_models()) {
    if (model.name == name) return std::move(model);
  }
  if (is_hub_name(name)) {
    fs::path snapshot = find_snapshot(hub_cache_root(), parse_hub_name(name));
    if (!snapshot.empty()) return {std::string(name), std::move(snapshot), "Hugging Face cache"};
  }
  refuse(name);
}

std::vector<LocalModel> local_models() {
  std::vector<LocalModel> models = builtin_models();
  for (const fs::path& folder : subfolders(hub_cache_root())) {
    if (folder.filename().string().starts_with("models--")) add_cached(folder, models);
  }
  return models;
}

}  // namespace fovea::vision
