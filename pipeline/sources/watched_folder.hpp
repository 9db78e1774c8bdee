// SPDX-License-Identifier: Apache-2.0
#pragma once
// A folder whose pictures are taken as they come to lie in it, once each.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/config/run_config.hpp"
#include "pipeline/sources/camera.hpp"
#include "pipeline/sources/folder_source.hpp"

namespace fovea::pipeline {

/// Which files are new and whole, by what a folder shows from time to time. No clock, no disk.
/// Thread-safe: an attempt that was given up may still look.
class Arrivals {
 public:
  struct State {
    std::uint64_t bytes = 0;
    std::int64_t changed = 0;  // time of the last change, in whatever unit
    bool operator==(const State&) const = default;
  };
  using Listing = std::vector<std::pair<std::string, State>>;

  /// Those that look as they did in the listing before, and were not given yet, in the order of
  /// `listing`. A file that was replaced later counts as new; an empty file as not yet whole.
  std::vector<std::string> settled(const Listing& listing);

 private:
  struct Known {
    State state;
    bool given = false;
  };
  std::mutex mutex_;
  std::map<std::string, Known> known_;  // only what the last listing held
};

struct WatchedFolderOptions {
  SourceConfig config;                           // path, recursive, include, exclude
  std::vector<std::filesystem::path> not_input;  // output of this run
  std::chrono::milliseconds every{250};          // between two looks; a file is given after two
};

/// Throws CameraError where there is no such folder: it may come. What was given before is
/// remembered in `arrivals`, also when the folder had to be opened anew.
std::unique_ptr<Camera> watch_folder(const WatchedFolderOptions& options,
                                     std::shared_ptr<Arrivals> arrivals, const Cancel& cancel);

}  // namespace fovea::pipeline
