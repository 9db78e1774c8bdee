// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reading numbers out of untrusted bytes: every access is checked, none throws or overreads.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace fovea::pipeline {

using Bytes = std::span<const std::byte>;

enum class Endian : std::uint8_t { little, big };

/// The unsigned number of `size` (1 .. 8) bytes at `at`, or nothing where they are not all there.
inline std::optional<std::uint64_t> read_uint(Bytes bytes, std::uint64_t at, std::size_t size,
                                              Endian endian) {
  if (at > bytes.size() || bytes.size() - at < size) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t from = endian == Endian::big ? i : size - 1 - i;
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + from]);
  }
  return value;
}

/// The part from `at`, at most `size` bytes of it; shorter or empty where the bytes end.
inline Bytes part(Bytes bytes, std::uint64_t at, std::uint64_t size = ~std::uint64_t{0}) {
  if (at >= bytes.size()) return {};
  const std::uint64_t left = bytes.size() - at;
  return bytes.subspan(at, size < left ? size : left);
}

inline bool starts_with(Bytes bytes, std::string_view text, std::uint64_t at = 0) {
  const Bytes there = part(bytes, at, text.size());
  return there.size() == text.size() && std::memcmp(there.data(), text.data(), text.size()) == 0;
}

}  // namespace fovea::pipeline
