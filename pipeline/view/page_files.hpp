// SPDX-License-Identifier: Apache-2.0
#pragma once
// The files of pipeline/view/page/, built into the program by embed_page.cmake.

#include <span>
#include <string_view>

namespace fovea::pipeline {

struct PageFile {
  std::string_view path;  // "/page.css"; index.html is "/"
  std::string_view type;
  std::string_view body;
};

std::span<const PageFile> page_files();

/// Null where there is none.
const PageFile* find_page_file(std::string_view path);

}  // namespace fovea::pipeline
