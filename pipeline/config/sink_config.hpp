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
/// Objects as COCO results. Which number stands for a picture.
enum class CocoImageId : std::uint8_t {
  index,  // 1, 2, 3 ... in source order
  stem,   // the number that is the file's name, as in COCO's own data sets
};
struct CocoConfig {
  std::filesystem::path path;
  CocoImageId image_id = CocoImageId::index;
};
enum class PictureFormat : std::uint8_t { jpg, png };
/// Copies of the pictures with what was found drawn onto them.
struct ImagesConfig {
  std::filesystem::path dir;
  PictureFormat format = PictureFormat::jpg;
  int quality = 90;  // of JPEG; larger costs disk
};
enum class CropsBy : std::uint8_t {
  label,  // a folder for each class
  none,   // all in one folder
};
/// The part of the picture that shows one object, for each object.
struct CropsConfig {
  std::filesystem::path dir;
  CropsBy by = CropsBy::label;
  double pad = 0;  // added on each side, as a share of the box's width and height
  PictureFormat format = PictureFormat::jpg;
  int quality = 90;
};
struct TableConfig {
  int max_rows = 50;  // rows printed before only the count goes on
};
using SinkKind = std::variant<JsonlConfig, CsvConfig, HtmlConfig, SortConfig, CocoConfig,
                              ImagesConfig, CropsConfig, TableConfig>;
struct SinkConfig {
  SinkKind kind;
  Place place;
};

}  // namespace fovea::pipeline
