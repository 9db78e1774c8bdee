// SPDX-License-Identifier: Apache-2.0
#pragma once
// f32 to IEEE half, as weights are stored with Precision::fp16. Pure functions.

#include <bit>
#include <cmath>
#include <cstdint>

namespace fovea::compute::ops {

inline constexpr float kLargestHalf = 65519.0f;  // the next float would round to infinity

/// To the nearest half, ties to even. Requires: |value| <= kLargestHalf.
inline std::uint16_t to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude < 0x38800000u) {  // below 2^-14: a multiple of 2^-24
    const float scaled = std::bit_cast<float>(magnitude) * 16777216.0f;
    return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(std::nearbyint(scaled)));
  }
  const std::uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
  return static_cast<std::uint16_t>(sign | (rounded - 0x38000000u) >> 13);
}

}  // namespace fovea::compute::ops
