// SPDX-License-Identifier: Apache-2.0
#pragma once
// Puts one picture into a folder without ever losing or overwriting one. Killed or failed
// half way, the original is still where it was.

#include <filesystem>
#include <string>

#include "pipeline/config/run_config.hpp"

namespace fovea::pipeline {

/// Puts `file` into `folder` (made if absent) as a relative symbolic link, a copy, or itself.
/// A taken name gets a suffix ("cat-2.jpg"), except where link or copy would repeat what is
/// already there. Moving to another file system copies, syncs, then removes the original.
/// Returns the path it got. Throws Error naming both ends when it cannot.
std::filesystem::path place_file(const std::filesystem::path& file,
                                 const std::filesystem::path& folder, SortMode mode);

/// The steps of a move across file systems: copy, sync, appear whole under a free name,
/// remove the original.
std::filesystem::path move_by_copy(const std::filesystem::path& file,
                                   const std::filesystem::path& folder);

}  // namespace fovea::pipeline
