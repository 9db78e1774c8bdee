// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/list_source.hpp"

#include <system_error>
#include <utility>

#include "compute/error.hpp"

namespace fovea::pipeline {

namespace fs = std::filesystem;

Outcome<Packet> named_picture(const fs::path& path, std::string source) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  std::string reason;
  if (status.type() == fs::file_type::regular) {
    return Packet{FrameTag{0, std::move(source), 0, {}}, path, {}};
  }
  if (status.type() == fs::file_type::not_found) {
    reason = "no such file";
  } else if (status.type() == fs::file_type::directory) {
    reason = "a folder; name its pictures, or give the folder itself as a source";
  } else {
    reason = error ? error.message() : "not a regular file";
  }
  return Failure{FrameTag{0, std::move(source), 0, {}}, path, "source", std::move(reason), 0};
}

ListSource::ListSource(const fs::path& list)
    : folder_(list.parent_path()), lines_(list, std::ios::binary) {
  std::error_code error;
  if (!lines_ || fs::is_directory(list, error)) {
    throw ConfigError("the list cannot be opened", list.string(),
                      "give a text file with one path a line");
  }
}

std::optional<Outcome<Packet>> ListSource::next() {
  std::string line;
  while (std::getline(lines_, line)) {
    if (line_++ == 0 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    if (line.ends_with('\r')) line.pop_back();
    if (line.find_first_not_of(" \t") == std::string::npos || line.starts_with('#')) continue;
    const fs::path path = folder_ / line;  // an absolute line replaces the folder
    return named_picture(path, path.string());
  }
  return std::nullopt;
}

}  // namespace fovea::pipeline
