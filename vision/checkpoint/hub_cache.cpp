// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/hub_cache.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "compute/error.hpp"

namespace fovea::vision {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWordCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 96 &&
         text.find_first_not_of(kWordCharacters) == std::string_view::npos &&
         text.find("..") == std::string_view::npos && text.find("--") == std::string_view::npos &&
         text.front() != '.' && text.front() != '-' && text.back() != '.' && text.back() != '-';
}

bool is_repository(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return is_word(text);
  return is_word(text.substr(0, slash)) && is_word(text.substr(slash + 1));
}

/// One or more path parts; none of them "." or ".." or hidden.
bool is_revision(std::string_view text) {
  if (text.empty() || text.size() > 200) return false;
  while (true) {
    const std::size_t slash = text.find('/');
    const std::string_view part = text.substr(0, slash);
    if (part.empty() || part.front() == '.' || part.front() == '-' ||
        part.find_first_not_of(kWordCharacters) != std::string_view::npos) {
      return false;
    }
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

bool is_commit(std::string_view text, std::size_t least = 40) {
  return text.size() >= least && text.size() <= 40 &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

fs::path with_config(const fs::path& snapshot) {
  std::error_code ignored;
  return fs::exists(snapshot / "config.json", ignored) ? snapshot : fs::path();
}

}  // namespace

bool is_hub_name(std::string_view text) {
  const std::size_t at = text.find('@');
  return is_repository(text.substr(0, at)) &&
         (at == std::string_view::npos || is_revision(text.substr(at + 1)));
}

HubName parse_hub_name(std::string_view text) {
  if (!is_hub_name(text)) {
    throw ModelError(fmt::format("'{}' is not a model's name on the hub", text), "the model's name",
                     "write org/name or org/name@revision, such as google/vit-base-patch16-224");
  }
  HubName name;
  const std::size_t at = text.find('@');
  name.repository = std::string(text.substr(0, at));
  if (at != std::string_view::npos) name.revision = std::string(text.substr(at + 1));
  return name;
}

fs::path hub_repository_folder(const fs::path& root, const HubName& name) {
  std::string folder = "models--" + name.repository;
  const std::size_t slash = folder.find('/');
  if (slash != std::string::npos) folder.replace(slash, 1, "--");
  return root / folder;
}

fs::path find_snapshot(const fs::path& root, const HubName& name) {
  const fs::path repository = hub_repository_folder(root, name);
  const fs::path snapshots = repository / "snapshots";
  std::ifstream ref(repository / "refs" / name.revision);
  std::string commit;
  if (ref >> commit && is_commit(commit)) return with_config(snapshots / commit);
  if (!is_commit(name.revision, 7)) return {};
  fs::path found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(snapshots, ignored)) {
    if (!entry.path().filename().string().starts_with(name.revision)) continue;
    if (!found.empty()) return {};
    found = entry.path();
  }
  return found.empty() ? found : with_config(found);
}

}  // namespace fovea::vision
