// SPDX-License-Identifier: Apache-2.0
#pragma once
// The two inner loops of a resize, once per instruction set. The scalar one is the
// specification; every other gives the same bits. Thread rule: pure functions.

#include <cstddef>
#include <cstdint>
#include <span>

namespace fovea::vision {

/// Fraction bits of a weight: 32, less 8 for the sample and 2 for sums outside 0..1.
inline constexpr int kWeightBits = 22;
/// An output's weights are followed by zeros up to a multiple of this.
inline constexpr std::int32_t kWeightGroup = 4;

/// What one output sample is made of: source samples first .. first + count - 1, weighed by
/// `count` weights from `offset` on.
struct ResampleTaps {
  std::int32_t first = 0, count = 0;
  std::size_t offset = 0;
};

struct ResampleKernels {
  const char* name;  // "scalar", "avx2"
  /// A row of `pixels` RGB pixels -> `outputs` RGB pixels. Reads nothing outside the row.
  /// Requires: taps[i].first + taps[i].count never decreases.
  void (*narrow)(const std::uint8_t* in, std::int32_t pixels, const ResampleTaps* taps,
                 const std::int32_t* weights, std::int32_t outputs, std::uint8_t* out);
  /// out[i] = the sum over k < count of rows[k][i] * weights[k], for i < bytes.
  void (*blend)(const std::uint8_t* const* rows, const std::int32_t* weights, std::int32_t count,
                std::size_t bytes, std::uint8_t* out);
};

extern const ResampleKernels kResampleScalar;
extern const ResampleKernels kResampleAvx2;  // x86-64 only; ask resample_kernels() for it

/// Those that this processor runs, the scalar one first and the fastest last.
std::span<const ResampleKernels* const> resample_kernels();

}  // namespace fovea::vision
