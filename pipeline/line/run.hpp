// SPDX-License-Identifier: Apache-2.0
#pragma once
// Carries out one run: sources through stages into sinks, on several threads, results
// in the order of the inputs, memory bounded by the queue depths.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/config/run_config.hpp"
#include "pipeline/sinks/sink.hpp"

namespace fovea::compute {
class Device;
}

namespace fovea::pipeline {

/// How far a run is; handed to RunOptions::on_progress from one thread, some times a second.
struct Progress {
  std::uint64_t done = 0, failed = 0;
  std::uint64_t total = 0;  // 0 while unknown (standard input)
  double elapsed_s = 0, images_per_s = 0;
  std::string bottleneck;
};

struct RunOptions {
  std::function<void(const Progress&)> on_progress;
  /// Set by the signal handler: the run finishes what is in flight and returns.
  const std::atomic<bool>* stop = nullptr;
  /// Sinks besides the configured ones (eval's counters, tests). Borrowed.
  std::vector<Sink*> extra_sinks;
  /// One line for people as soon as the device is chosen and the model is loaded.
  std::function<void(const std::string&)> on_notice;
  std::filesystem::path pipeline_cache_dir;
};

struct RunReport {
  RunSummary summary;
  RunIdentity identity;
  std::vector<std::string> labels;
};

/// Throws Error when the run cannot start or cannot go on; bad pictures only count.
RunReport run_pipeline(const RunConfig& config, const RunOptions& options = {});

}  // namespace fovea::pipeline
