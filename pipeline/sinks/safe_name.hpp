// SPDX-License-Identifier: Apache-2.0
#pragma once
// Labels and file names are other people's: here they become names of files and folders. Pure
// functions.

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::pipeline {

/// Where the sort sink puts what it is not sure of.
inline constexpr std::string_view kUnsureFolder = "_unsure";

/// `text` as a name that every file system takes, of at most 120 bytes: no separators, no
/// control characters, not hidden. Empty where nothing usable is left.
std::string safe_name(std::string_view text);

/// Gives each class a folder's name that no other has.
class FolderNames {
 public:
  /// For class `id`, asked once: safe_name(label), or "class_7" where nothing is left of it; a name
  /// that another class has (case ignored), or "_unsure", gets the id: "crane_517".
  std::string of(int id, std::string_view label);

 private:
  std::set<std::string> taken_{std::string(kUnsureFolder)};
};

/// Folder names for `labels`, by id: safe on every file system, no two the same (not even
/// when case is ignored), none hidden, none equal to "_unsure".
std::vector<std::string> folder_names(const std::vector<std::string>& labels);

}  // namespace fovea::pipeline
