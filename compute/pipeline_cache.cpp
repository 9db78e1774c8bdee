// SPDX-License-Identifier: Apache-2.0
#include "compute/pipeline_cache.hpp"

#include <cstring>
#include <fstream>

#include "compute/whole_file.hpp"
#include "shaders/shader_registry.hpp"

namespace fovea::compute {
namespace {

constexpr std::uint32_t kMagic = 0x43564f46;  // "FOVC"
constexpr std::uint32_t kFormat = 1;

struct Header {
  std::uint32_t magic = kMagic, format = kFormat;
  CacheKey key;
  std::uint64_t data_bytes = 0, data_hash = 0;
};
static_assert(std::is_trivially_copyable_v<Header>);

}  // namespace

std::uint64_t fnv1a(std::span<const std::byte> bytes, std::uint64_t hash) {
  for (const std::byte byte : bytes) {
    hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
  }
  return hash;
}

std::uint64_t hash_of_all_shaders() {
  std::uint64_t hash = fnv1a({});
  for (const shaders::Shader& shader : shaders::all()) {
    hash = fnv1a(std::as_bytes(std::span(shader.name)), hash);
    hash = fnv1a(std::as_bytes(shader.spirv), hash);
  }
  return hash;
}

std::vector<std::byte> load_pipeline_cache(const std::filesystem::path& file, const CacheKey& key) {
  std::ifstream in(file, std::ios::binary);
  Header header;
  if (!in.read(reinterpret_cast<char*>(&header), sizeof header)) return {};
  if (header.magic != kMagic || header.format != kFormat || header.key != key) return {};
  std::error_code ignored;
  if (std::filesystem::file_size(file, ignored) != sizeof header + header.data_bytes) return {};
  std::vector<std::byte> data(header.data_bytes);
  if (!in.read(reinterpret_cast<char*>(data.data()), static_cast<std::streamsize>(data.size()))) {
    return {};
  }
  return fnv1a(data) == header.data_hash ? data : std::vector<std::byte>{};
}

bool store_pipeline_cache(const std::filesystem::path& file, const CacheKey& key,
                          std::span<const std::byte> data) {
  Header header;
  header.key = key;
  header.data_bytes = data.size();
  header.data_hash = fnv1a(data);
  return replace_file(file, {std::as_bytes(std::span(&header, 1)), data});
}

}  // namespace fovea::compute
