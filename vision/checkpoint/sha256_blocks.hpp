// SPDX-License-Identifier: Apache-2.0
#pragma once
// The inner loop of SHA-256, twice: for any processor, and for x86 with SHA instructions. For
// sha256.cpp and its test.

#include <array>
#include <cstddef>
#include <cstdint>

namespace fovea::vision {

/// Takes `count` blocks of 64 bytes at `at` into the eight words of `state`.
using Sha256Blocks = void (*)(std::uint32_t* state, const std::byte* at, std::size_t count);

/// FIPS 180-4, 4.2.2: the fractional parts of the cube roots of the first 64 primes.
extern const std::array<std::uint32_t, 64> kSha256Rounds;

void sha256_blocks(std::uint32_t* state, const std::byte* at, std::size_t count);
/// With the processor's own instructions; null where it has none.
Sha256Blocks accelerated_sha256_blocks();

}  // namespace fovea::vision
