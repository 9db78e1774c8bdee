// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the pictures of a run come from, as plain data.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/config/place.hpp"

namespace fovea::pipeline {

enum class SourceKind : std::uint8_t {
  path,         // a picture, or a folder of pictures
  list,         // a text file with one path a line
  stdin_paths,  // "-": one path a line on standard input, or one picture's bytes
};

struct SourceConfig {
  std::string name;  // key under `sources`; empty for a single `source`
  SourceKind kind = SourceKind::path;
  std::filesystem::path path;
  bool recursive = true;
  bool follow_links = false;
  std::vector<std::string> include;  // globs on the path below the folder; empty: every picture
  std::vector<std::string> exclude;
  Place place;
};

}  // namespace fovea::pipeline
