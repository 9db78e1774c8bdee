// SPDX-License-Identifier: Apache-2.0
// The loops of resample_kernels.cpp, eight sums at a time. Sums are exact in 32 bits, so their
// order does not matter. The attribute lets one file hold code for a newer processor than the
// program is compiled for; resample_kernels() asks the processor before it hands it out.
#if defined(__x86_64__)

#include <cstring>

#include <immintrin.h>

#include "vision/preprocess/resample_kernels.hpp"

#define FOVEA_AVX2 __attribute__((target("avx2")))

namespace fovea::vision {
namespace {

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);
static_assert(kWeightGroup == 4, "narrow_pixel() takes four taps at a time");

const __m128i* at(const void* bytes) { return static_cast<const __m128i*>(bytes); }

/// Eight bytes as eight numbers.
FOVEA_AVX2 inline __m256i widened(const std::uint8_t* bytes) {
  return _mm256_cvtepu8_epi32(_mm_loadl_epi64(at(bytes)));
}

/// One output pixel, in each half of a vector another source pixel: R, G, B, nothing.
FOVEA_AVX2 inline void narrow_pixel(const std::uint8_t* pixel, const std::int32_t* weights,
                                    std::int32_t count, std::uint8_t* out) {
  const __m256i first_two =
      _mm256_setr_epi8(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, -1, -1, -1, -1,  //
                       3, -1, -1, -1, 4, -1, -1, -1, 5, -1, -1, -1, -1, -1, -1, -1);
  const __m256i last_two =
      _mm256_setr_epi8(6, -1, -1, -1, 7, -1, -1, -1, 8, -1, -1, -1, -1, -1, -1, -1,  //
                       9, -1, -1, -1, 10, -1, -1, -1, 11, -1, -1, -1, -1, -1, -1, -1);
  const __m256i weights_01 = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
  const __m256i weights_23 = _mm256_setr_epi32(2, 2, 2, 2, 3, 3, 3, 3);
  __m256i even = _mm256_setzero_si256(), odd = even;
  for (std::int32_t k = 0; k < count; k += kWeightGroup, pixel += 3 * kWeightGroup) {
    const __m256i four = _mm256_broadcastsi128_si256(_mm_loadu_si128(at(pixel)));
    const __m256i weight = _mm256_castsi128_si256(_mm_loadu_si128(at(weights + k)));
    even =
        _mm256_add_epi32(even, _mm256_mullo_epi32(_mm256_shuffle_epi8(four, first_two),
                                                  _mm256_permutevar8x32_epi32(weight, weights_01)));
    odd =
        _mm256_add_epi32(odd, _mm256_mullo_epi32(_mm256_shuffle_epi8(four, last_two),
                                                 _mm256_permutevar8x32_epi32(weight, weights_23)));
  }
  const __m256i both = _mm256_add_epi32(even, odd);
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
  sum = _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(kHalf)), kWeightBits);
  const __m128i words = _mm_packs_epi32(sum, sum);  // saturates, as the next does: -> 0..255
  const int bytes = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
  std::memcpy(out, &bytes, 3);
}

FOVEA_AVX2 void narrow(const std::uint8_t* in, std::int32_t pixels, const ResampleTaps* taps,
                       const std::int32_t* weights, std::int32_t outputs, std::uint8_t* out) {
  // Past an output's taps its last load reaches the rest of a group and four bytes more.
  constexpr std::int32_t kReach = kWeightGroup - 1 + 2;
  std::int32_t i = 0;
  for (; i < outputs && taps[i].first + taps[i].count + kReach <= pixels; ++i, out += 3) {
    narrow_pixel(in + std::ptrdiff_t{taps[i].first} * 3, weights + taps[i].offset, taps[i].count,
                 out);
  }
  kResampleScalar.narrow(in, pixels, taps + i, weights, outputs - i, out);
}

FOVEA_AVX2 void blend(const std::uint8_t* const* rows, const std::int32_t* weights,
                      std::int32_t count, std::size_t bytes, std::uint8_t* out) {
  constexpr std::size_t kStep = 32;
  const __m256i half = _mm256_set1_epi32(kHalf);
  std::size_t from = 0;
  // A row shorter than a step is left to the scalar loop; of a longer one, the last step may
  // overlap the one before it.
  for (bool more = bytes >= kStep; more;) {
    __m256i a = half, b = half, c = half, d = half;
    for (std::int32_t k = 0; k < count; ++k) {
      const std::uint8_t* row = rows[k] + from;
      const __m256i weight = _mm256_set1_epi32(weights[k]);
      a = _mm256_add_epi32(a, _mm256_mullo_epi32(widened(row), weight));
      b = _mm256_add_epi32(b, _mm256_mullo_epi32(widened(row + 8), weight));
      c = _mm256_add_epi32(c, _mm256_mullo_epi32(widened(row + 16), weight));
      d = _mm256_add_epi32(d, _mm256_mullo_epi32(widened(row + 24), weight));
    }
    // Packing works in each half of a vector by itself; the permutation puts the order right.
    const __m256i ab =
        _mm256_packs_epi32(_mm256_srai_epi32(a, kWeightBits), _mm256_srai_epi32(b, kWeightBits));
    const __m256i cd =
        _mm256_packs_epi32(_mm256_srai_epi32(c, kWeightBits), _mm256_srai_epi32(d, kWeightBits));
    const __m256i packed = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(ab, cd),
                                                       _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    std::memcpy(out + from, &packed, sizeof packed);
    more = from + kStep < bytes;
    from = from + 2 * kStep <= bytes ? from + kStep : bytes - kStep;
  }
  if (bytes < kStep) kResampleScalar.blend(rows, weights, count, bytes, out);
}

}  // namespace

const ResampleKernels kResampleAvx2{"avx2", narrow, blend};

}  // namespace fovea::vision

#endif
