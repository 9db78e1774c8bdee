// SPDX-License-Identifier: Apache-2.0
#pragma once
// Files that other processes read while they are replaced: whole or not at all.

#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <span>

namespace fovea::compute {

/// Writes `parts` one after another into a new file and moves it to `file`, whose folder is made
/// if needed. Returns false, and leaves the old file as it was, when that cannot be done.
bool replace_file(const std::filesystem::path& file,
                  std::initializer_list<std::span<const std::byte>> parts);

}  // namespace fovea::compute
