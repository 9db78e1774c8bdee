// SPDX-License-Identifier: Apache-2.0
#pragma once
// Compiled pipelines between runs: one file per device, bound to the driver and the
// shaders by a header. A file that does not fit or is damaged counts as absent.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace fovea::compute {

/// What a cache file is good for; any difference makes it useless.
struct CacheKey {
  std::uint32_t vendor_id = 0, device_id = 0, driver_version = 0;
  std::uint8_t driver_uuid[16]{};  // VkPhysicalDeviceProperties::pipelineCacheUUID
  std::uint64_t shader_hash = 0;
  friend bool operator==(const CacheKey&, const CacheKey&) = default;
};

/// FNV-1a, from its customary start or continued.
std::uint64_t fnv1a(std::span<const std::byte> bytes, std::uint64_t hash = 0xcbf29ce484222325);

/// FNV-1a over every compiled shader, names included.
std::uint64_t hash_of_all_shaders();

/// The driver's data kept in `file`, or nothing when the file is absent, damaged or
/// was made under another key.
std::vector<std::byte> load_pipeline_cache(const std::filesystem::path& file, const CacheKey& key);

/// Replaces `file` whole or not at all. Returns false (and leaves the old file) when the
/// folder cannot be written: a missing cache costs time, never a run.
bool store_pipeline_cache(const std::filesystem::path& file, const CacheKey& key,
                          std::span<const std::byte> data);

}  // namespace fovea::compute
