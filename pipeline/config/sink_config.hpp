// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the results of a run go, as plain data: one struct a sink.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

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
/// Maps of what the model attended to.
struct AttentionConfig {
  std::filesystem::path dir;
  std::vector<std::string> write;             // of attention_kinds(); empty: all
  PictureFormat format = PictureFormat::jpg;  // of the overlays
  int quality = 90;
};
/// The annotated copies as one video for each stream; still pictures follow one another in one.
struct VideoConfig {
  std::filesystem::path path;  // ends in .mp4
  double fps = 25;
};
/// A short video around each event.
struct ClipsConfig {
  std::filesystem::path dir;
  std::vector<std::string> on;              // kinds of events; empty: all
  std::chrono::milliseconds before{5'000};  // of the stream, that a clip shows before its event
  std::chrono::milliseconds after{5'000};
  double fps = 25;
  std::uint64_t memory = 64ULL << 20;  // for the pictures of one stream that may yet be wanted
};
/// What happened in the streams, and nothing else.
struct EventsConfig {
  std::filesystem::path path;
  std::vector<std::string> on;  // kinds; empty: all
};
/// Tells a server of what happened, one HTTP POST an event.
struct WebhookConfig {
  std::string url, token;                     // both may be secrets: see hook_address.hpp
  std::vector<std::string> on;                // kinds; empty: all
  std::chrono::milliseconds timeout{10'000};  // of one attempt
  int retries = 5;                            // attempts after the first
  int queue = 1000;                           // events that wait; beyond it they are lost
};
struct TableConfig {
  int max_rows = 50;  // rows printed before only the count goes on
};
using SinkKind = std::variant<JsonlConfig, CsvConfig, HtmlConfig, SortConfig, CocoConfig,
                              ImagesConfig, CropsConfig, AttentionConfig, VideoConfig, ClipsConfig,
                              EventsConfig, WebhookConfig, TableConfig>;
struct SinkConfig {
  SinkKind kind;
  Place place;
};

}  // namespace fovea::pipeline
