// SPDX-License-Identifier: Apache-2.0
#pragma once
// One run, as plain data: what a YAML file says, or what a short command stands for.
// Checked by pipeline/config/, carried out by pipeline/line/run.hpp.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "compute/ops/transformer.hpp"
#include "pipeline/config/live_config.hpp"
#include "pipeline/config/sink_config.hpp"
#include "pipeline/config/source_config.hpp"
#include "pipeline/config/stage_config.hpp"
#include "pipeline/config/view_config.hpp"

namespace fovea::pipeline {

struct LimitsConfig {
  std::uint64_t max_pixels = 250'000'000;
  std::uint64_t max_bytes = 1ULL << 30;
};

/// RunConfig::batch that is found by measuring.
inline constexpr int kAutoBatch = 0;

/// As users write it: "auto" for nothing.
inline const char* to_string(const std::optional<compute::ops::Precision>& precision) {
  return precision ? to_string(*precision) : "auto";
}

enum class Truncated : std::uint8_t { reject, accept };
enum class Tune : std::uint8_t { automatic, off };
inline constexpr double kTuneSeconds = 2;  // what Tune::automatic takes at a model's first use

enum class DecodeMode : std::uint8_t {
  exact,  // every pixel as the file has it
  fast,   // JPEGs at 1/2, 1/4 or 1/8 where the model's own resize shrinks further: other pixels
};

enum class ResampleOn : std::uint8_t {
  automatic,  // where it was measured to be faster; on the host with software devices
  host,
  device,  // pictures that fit its staging memory; the others on the host, with the same bits
};

struct RunConfig {
  int version = 1;
  std::string device = "auto";
  std::optional<compute::ops::Precision> precision;  // nothing: auto, found for each model
  int batch = 8;                                     // or kAutoBatch
  double memory = 0.8;  // share of the device's that kAutoBatch may fill
  Tune tune = Tune::automatic;
  ResampleOn resample_on = ResampleOn::automatic;
  int decode_threads = 0;  // 0: one per core
  DecodeMode decode = DecodeMode::exact;
  Truncated truncated = Truncated::reject;
  std::vector<SourceConfig> sources;
  std::vector<StageConfig> stages;
  std::vector<SinkConfig> sinks;
  LimitsConfig limits;
  LatencyConfig latency;           // of sources that do not wait: cameras, video in real time
  BatchingConfig batching;         // of runs with any live source
  std::optional<ViewConfig> view;  // of runs with any live source; nothing: no page
  /// errors.jsonl and manifest.json lie here. Empty: beside the first sink's file, else nowhere.
  std::filesystem::path report_dir;
};

/// Is it for the live line: does any source need it?
inline bool is_live(const RunConfig& config) {
  return std::ranges::any_of(config.sources, [](const auto& source) { return is_live(source); });
}

/// Has the chain such a stage?
template <class Stage>
bool has_stage(const RunConfig& config) {
  return std::ranges::any_of(
      config.stages, [](const StageConfig& stage) { return std::holds_alternative<Stage>(stage); });
}

}  // namespace fovea::pipeline
