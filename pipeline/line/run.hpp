// SPDX-License-Identifier: Apache-2.0
#pragma once
// Carries out one run: sources through stages into sinks, on several threads, results
// in the order of the inputs, memory bounded by the queue depths.

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "compute/device.hpp"
#include "pipeline/config/run_config.hpp"
#include "pipeline/line/progress.hpp"
#include "pipeline/line/stage.hpp"
#include "pipeline/live/observer.hpp"
#include "pipeline/sinks/sink.hpp"
#include "vision/checkpoint/checkpoint.hpp"

namespace fovea::pipeline {

struct RunOptions {
  std::function<void(const Progress&)> on_progress;
  /// Set by the signal handler: what is on the device is finished, and the run returns.
  const std::atomic<bool>* stop = nullptr;
  /// Sinks besides the configured ones (eval's counters, tests). Borrowed.
  std::vector<Sink*> extra_sinks;
  /// Who looks on while a run on cameras is going. Borrowed; a run on pictures calls none.
  std::vector<LiveObserver*> observers;
  /// Lines for people before pictures are processed: "device 0: ...", "batch 8: ...", and why;
  /// and how sources are doing. Any thread.
  std::function<void(const std::string&)> on_notice;
  /// Compiled GPU programs and measured batch sizes are kept here between runs. Empty keeps
  /// nothing.
  std::filesystem::path cache_dir;
  /// Makes the stage of a `classify` entry; empty makes a ClassifyStage.
  std::function<std::unique_ptr<ModelStage>(compute::Device&, const vision::Checkpoint&,
                                            const ClassifyConfig&)>
      make_model;
  /// Files and folders that the caller writes; like the sinks' own, never read as input.
  std::vector<std::filesystem::path> not_input;
};

struct RunReport {
  RunSummary summary;
  RunIdentity identity;
  std::vector<std::string> labels;  // of the last model, by class id
};

/// Throws Error when the run cannot start or cannot go on; bad pictures only count.
/// Results of an earlier run are touched only once model, device and inputs are at hand.
RunReport run_pipeline(const RunConfig& config, const RunOptions& options = {});

}  // namespace fovea::pipeline
