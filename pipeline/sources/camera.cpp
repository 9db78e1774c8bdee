// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/camera.hpp"

#include <cstring>
#include <utility>

namespace fovea::pipeline {

std::uint64_t picture_print(const void* bytes, std::size_t count) noexcept {
  const auto* at = static_cast<const unsigned char*>(bytes);
  std::uint64_t hash = 0x9e3779b97f4a7c15ULL ^ count;
  const auto mix = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
    hash ^= hash >> 32;
  };
  for (; count >= sizeof(std::uint64_t); count -= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    mix(word);
    at += sizeof word;
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, at, count);
  mix(rest);
  return hash == 0 ? 1 : hash;
}

Shot shot_now(std::variant<vision::Image, Packet, Failure, Spoilt> picture) {
  Shot shot;
  shot.picture = std::move(picture);
  shot.captured = std::chrono::steady_clock::now();
  shot.captured_at = std::chrono::system_clock::now();
  return shot;
}

}  // namespace fovea::pipeline
