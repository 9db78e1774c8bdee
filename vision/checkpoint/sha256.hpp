// SPDX-License-Identifier: Apache-2.0
#pragma once
// SHA-256 (FIPS 180-4), the hub's name for a large file and the manifest's identity of a
// model. Ours, so that no cryptography library becomes a dependency for one checksum.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace fovea::vision {

class Sha256 {
 public:
  void update(std::span<const std::byte> bytes) noexcept;
  /// The digest in hexadecimal of everything given so far. Call once.
  std::string hex() noexcept;

 private:
  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> pending_{};
  std::uint64_t total_bytes_ = 0;
};

}  // namespace fovea::vision
