// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the results of a run go, as plain data: one struct a sink.

#include <cstdint>
#include <filesystem>
#include <variant>

#include "pipeline/config/place.hpp"

namespace fovea::pipeline {

struct JsonlConfig {
  std::filesystem::path path;
};
struct CsvConfig {
  std::filesystem::path path;
  int top = 1;
};
struct HtmlConfig {
  std::filesystem::path path;
  int max_thumbnails = 1000;  // more make the page heavy; the rest is counted
};
enum class SortMode : std::uint8_t { link, copy, move };
struct SortConfig {
  std::filesystem::path dir;
  SortMode mode = SortMode::link;
  double min_score = 0;  // below it: the folder _unsure
};
struct TableConfig {
  int max_rows = 50;  // rows printed before only the count goes on
};
using SinkKind = std::variant<JsonlConfig, CsvConfig, HtmlConfig, SortConfig, TableConfig>;
struct SinkConfig {
  SinkKind kind;
  Place place;
};

}  // namespace fovea::pipeline
