// SPDX-License-Identifier: Apache-2.0
#include "vision/preprocess/resample_kernels.hpp"

#include <algorithm>
#include <array>

namespace fovea::vision {
namespace {

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

void narrow(const std::uint8_t* in, std::int32_t /*pixels*/, const ResampleTaps* taps,
            const std::int32_t* weights, std::int32_t outputs, std::uint8_t* out) {
  for (std::int32_t i = 0; i < outputs; ++i) {
    const std::uint8_t* pixel = in + std::ptrdiff_t{taps[i].first} * 3;
    const std::int32_t* weight = weights + taps[i].offset;
    std::int32_t r = kHalf, g = kHalf, b = kHalf;
    for (std::int32_t k = 0; k < taps[i].count; ++k, pixel += 3) {
      r += pixel[0] * weight[k];
      g += pixel[1] * weight[k];
      b += pixel[2] * weight[k];
    }
    *out++ = to_byte(r);
    *out++ = to_byte(g);
    *out++ = to_byte(b);
  }
}

/// In blocks, so that the sums stay in registers or near them while the rows pass.
void blend(const std::uint8_t* const* rows, const std::int32_t* weights, std::int32_t count,
           std::size_t bytes, std::uint8_t* out) {
  std::array<std::int32_t, 64> sums;
  for (std::size_t from = 0; from < bytes; from += sums.size()) {
    const std::size_t size = std::min(sums.size(), bytes - from);
    sums.fill(kHalf);
    for (std::int32_t k = 0; k < count; ++k) {
      const std::uint8_t* row = rows[k] + from;
      for (std::size_t i = 0; i < size; ++i) sums[i] += row[i] * weights[k];
    }
    for (std::size_t i = 0; i < size; ++i) out[from + i] = to_byte(sums[i]);
  }
}

}  // namespace

const ResampleKernels kResampleScalar{"scalar", narrow, blend};

std::span<const ResampleKernels* const> resample_kernels() {
#if defined(__x86_64__)
  static constexpr std::array kAll{&kResampleScalar, &kResampleAvx2};
  static const bool avx2 = __builtin_cpu_supports("avx2");
  return std::span(kAll).first(avx2 ? 2 : 1);
#else
  static constexpr std::array kAll{&kResampleScalar};
  return kAll;
#endif
}

}  // namespace fovea::vision
