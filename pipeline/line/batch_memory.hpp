// SPDX-License-Identifier: Apache-2.0
#pragma once
// What `batch: auto` found out, kept in a file between runs. A file that is damaged, or that
// cannot be written, costs the next run its measurement and no more.

#include <filesystem>
#include <optional>
#include <string>

#include "pipeline/line/batch_search.hpp"

namespace fovea::pipeline {

class BatchMemory {
 public:
  /// `file` need not exist. An empty path remembers nothing.
  explicit BatchMemory(std::filesystem::path file) : file_(std::move(file)) {}

  const std::filesystem::path& file() const noexcept { return file_; }
  /// The answer kept under `key`, if there is one that makes sense.
  std::optional<BatchChoice> recall(const std::string& key) const;
  /// Replaces the file, whole or not at all. False when it could not be written.
  bool remember(const std::string& key, const BatchChoice& choice) const;

 private:
  std::filesystem::path file_;
};

}  // namespace fovea::pipeline
