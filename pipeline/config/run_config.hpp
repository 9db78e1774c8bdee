// SPDX-License-Identifier: Apache-2.0
#pragma once
// One run, as plain data: what a YAML file says, or what a short command stands for.
// Checked by pipeline/config/, carried out by pipeline/line/run.hpp.

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "compute/ops/transformer.hpp"

namespace fovea::pipeline {

/// Where a value stands in the user's file, for messages after the check. Line 0: not from a file.
struct Place {
  std::string file;
  int line = 0, column = 0;
  std::string path;  // "stages[0].classify.model"
};

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

struct ClassifyConfig {
  std::string model;  // path, built-in name or org/name[@revision]
  int top = 5;
  std::string resample;  // empty: as the checkpoint says; "cv_linear" and others by name
  Place place;
};

/// Lets a picture pass to the sinks only if its best label fits.
struct FilterConfig {
  std::vector<std::string> labels;  // empty: any
  double min_score = 0;
  Place place;
};

using StageConfig = std::variant<ClassifyConfig, FilterConfig>;

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

struct LimitsConfig {
  std::uint64_t max_pixels = 250'000'000;
  std::uint64_t max_bytes = 1ULL << 30;
};

/// RunConfig::batch that is found by measuring.
inline constexpr int kAutoBatch = 0;

enum class Truncated : std::uint8_t { reject, accept };
enum class Tune : std::uint8_t { automatic, off };
inline constexpr double kTuneSeconds = 2;  // what Tune::automatic takes at a model's first use

enum class DecodeMode : std::uint8_t {
  exact,  // every pixel as the file has it
  fast,   // JPEGs at 1/2, 1/4 or 1/8 where the model's own resize shrinks further: other pixels
};

struct RunConfig {
  int version = 1;
  std::string device = "auto";
  compute::ops::Precision precision = compute::ops::Precision::fp32;
  int batch = 8;        // or kAutoBatch
  double memory = 0.8;  // share of the device's that kAutoBatch may fill
  Tune tune = Tune::automatic;
  int decode_threads = 0;  // 0: one per core
  DecodeMode decode = DecodeMode::exact;
  Truncated truncated = Truncated::reject;
  std::vector<SourceConfig> sources;
  std::vector<StageConfig> stages;
  std::vector<SinkConfig> sinks;
  LimitsConfig limits;
  /// errors.jsonl and manifest.json lie here. Empty: beside the first sink's file, else nowhere.
  std::filesystem::path report_dir;
};

}  // namespace fovea::pipeline
