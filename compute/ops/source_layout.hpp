// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a picture and its resize lie in memory for the device's resampler. Written by
// vision/preprocess/packed_source.cpp, read by shaders/resample.comp.

#include <cstdint>

namespace fovea::compute::ops {

/// A packed source for an output of H x W, in words of 32 bits, little-endian:
///   0        pixels in a row of the source
///   1        where its pixels begin, in bytes from word 0; R, G, B of each, row by row
///   2 ...    W times, then H times, of each output column and row: its first source sample, how
///            many, and the word where its weights begin
/// Weights are whole numbers, 2^22 for 1, whose magnitudes add up to 2^23 at most for one output.
/// An output without samples is 0.
inline constexpr int kSourceHeaderWords = 2;
inline constexpr int kTapWords = 3;
inline constexpr int kSourceWeightBits = 22;
/// The most samples that may make one pixel: rows times columns (a lane makes four pixels, and
/// drivers bound its loops).
inline constexpr std::int64_t kMaxSourceTaps = 10'000;

}  // namespace fovea::compute::ops
