// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a run's `sources` to one Source.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "compute/error.hpp"
#include "pipeline/config/run_config.hpp"
#include "pipeline/sources/source.hpp"

namespace fovea::pipeline {

struct SourceOptions {
  /// Files and folders that are output of this run: never taken for input. Relative paths
  /// start at the working folder.
  std::vector<std::filesystem::path> not_input;
  std::uint64_t max_bytes = 1ULL << 30;  // of a picture on standard input
  const std::atomic<bool>* stop = nullptr;
  int stdin_descriptor = 0;
};

/// All sources, one after the other, in the order of the configuration. Folders and lists
/// are opened at their turn, the first at once.
class Sources : public Source {
 public:
  /// Throws ConfigError when a path is not there or cannot be opened.
  Sources(std::span<const SourceConfig> configs, SourceOptions options, bool sorted = true);
  ~Sources() override;

  std::optional<Outcome<Packet>> next() override;
  /// Is there anything at all? Reads ahead to the first picture, which next() then gives.
  bool any();
  /// For a run that found nothing: what was looked for and where, with a way on.
  ConfigError nothing_found() const;

 private:
  std::unique_ptr<Source> open(const SourceConfig& config) const;
  std::optional<Outcome<Packet>> advance();

  std::vector<SourceConfig> configs_;
  SourceOptions options_;
  bool sorted_;
  std::size_t at_ = 0;  // of the open source
  std::unique_ptr<Source> current_;
  std::optional<Outcome<Packet>> ahead_;
  std::uint64_t passed_over_ = 0;
};

/// How many inputs the sources will give; nothing where that cannot be known beforehand
/// (standard input) or `enough` became true.
std::optional<std::uint64_t> count_inputs(std::span<const SourceConfig> configs,
                                          const SourceOptions& options,
                                          const std::atomic<bool>& enough);

}  // namespace fovea::pipeline
