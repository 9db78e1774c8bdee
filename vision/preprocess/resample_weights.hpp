// SPDX-License-Identifier: Apache-2.0
#pragma once
// One axis of Pillow's resampling: which source samples make each output sample,
// and with what fixed-point weights. Used by resample.cpp only.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vision/preprocess/resample.hpp"

namespace fovea::vision {

/// Fraction bits of a weight: 32, less 8 for the sample and 2 for sums outside 0..1.
inline constexpr int kWeightBits = 22;

class ResampleWeights {
 public:
  /// Weights of the wanted samples of `axis`, as Pillow's Resample.c computes them
  /// (precompute_coeffs, normalize_coeffs_8bpc). Requires: a filter other than nearest, cv_linear.
  ResampleWeights(const ResampleAxis& axis, Resample filter);

  /// First source sample of output `i`.
  int first(int i) const { return taps_[static_cast<std::size_t>(i)].first; }
  /// One past the last source sample of output `i`. Neither bound ever decreases with `i`.
  int last(int i) const { return first(i) + taps_[static_cast<std::size_t>(i)].count; }
  /// Weights of source samples first(i) .. last(i) - 1, times 2^kWeightBits.
  std::span<const std::int32_t> weights(int i) const {
    const Taps& taps = taps_[static_cast<std::size_t>(i)];
    return {values_.data() + taps.offset, static_cast<std::size_t>(taps.count)};
  }
  /// The largest number of source samples any output needs.
  int max_taps() const { return max_taps_; }

 private:
  struct Taps {
    int first = 0, count = 0;
    std::size_t offset = 0;
  };
  std::vector<Taps> taps_;
  std::vector<std::int32_t> values_;
  int max_taps_ = 0;
};

/// Source index of each wanted sample under Pillow's `nearest` (Geometry.c, ImagingScaleAffine);
/// -1 where it falls outside the source.
std::vector<int> nearest_indices(const ResampleAxis& axis);

}  // namespace fovea::vision
