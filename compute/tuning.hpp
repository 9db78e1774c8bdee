// SPDX-License-Identifier: Apache-2.0
#pragma once
// What was measured to be fastest on one device: for a step of given sizes, which of the op's
// plans. Ops only look it up (ProgramBuilder::choose); compute/tuner.hpp fills it. A plan changes
// how long a step takes, never what it computes beyond the tolerance all plans are tested with.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "compute/pipeline_cache.hpp"

namespace fovea::compute {

/// Plan names by step: "linear 197x576x192 fp32" -> "subgroup 24 x 64". Not synchronised: it is
/// written before the programs that read it are built.
class Tuning {
 public:
  std::optional<std::string> find(std::string_view step) const;
  /// Requires: neither text holds a tab or a line break.
  void set(const std::string& step, const std::string& plan) { plans_[step] = plan; }
  void erase(const std::string& step) { plans_.erase(step); }
  const std::map<std::string, std::string, std::less<>>& plans() const noexcept { return plans_; }

 private:
  std::map<std::string, std::string, std::less<>> plans_;
};

/// What `file` holds for `key`; empty when it is absent, damaged or was measured with another
/// device, driver or set of shaders.
Tuning load_tuning(const std::filesystem::path& file, const CacheKey& key);
/// Replaces `file` whole or not at all; false when the folder cannot be written.
bool store_tuning(const std::filesystem::path& file, const CacheKey& key, const Tuning& tuning);

}  // namespace fovea::compute
