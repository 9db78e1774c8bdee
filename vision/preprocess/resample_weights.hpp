// SPDX-License-Identifier: Apache-2.0
#pragma once
// One axis of Pillow's resampling: which source samples make each output sample,
// and with what fixed-point weights.

#include <cstdint>
#include <span>
#include <vector>

#include "vision/preprocess/resample_kernels.hpp"
#include "vision/preprocess/spec.hpp"

namespace fovea::vision {

/// One axis of a resize from `in` to `out` samples, of which only `count` samples from
/// `begin` on are wanted. Requires: in, out, count >= 1; 0 <= begin; begin + count <= out.
struct ResampleAxis {
  int in = 1;
  std::int64_t out = 1;
  std::int64_t begin = 0;
  int count = 1;

  /// All of `out`.
  static ResampleAxis whole(int in, int out) { return {in, out, 0, out}; }
  friend bool operator==(const ResampleAxis&, const ResampleAxis&) = default;
};

class ResampleWeights {
 public:
  /// Weights of the wanted samples of `axis`, as Pillow's Resample.c computes them
  /// (precompute_coeffs, normalize_coeffs_8bpc). The same arguments as last time cost nothing,
  /// and memory once taken is used again.
  /// Requires: a filter other than nearest, cv_linear.
  void assign(const ResampleAxis& axis, Resample filter);

  /// One per wanted sample. Neither their first nor their last source sample ever decreases.
  std::span<const ResampleTaps> taps() const { return taps_; }
  /// Of all taps, times 2^kWeightBits.
  std::span<const std::int32_t> values() const { return values_; }
  /// The largest number of source samples any output needs.
  int max_taps() const { return max_taps_; }

 private:
  void add(const ResampleAxis& axis, std::int64_t output, Resample filter);

  ResampleAxis axis_;
  Resample filter_ = Resample::nearest;  // none yet
  std::vector<ResampleTaps> taps_;
  std::vector<std::int32_t> values_;
  std::vector<double> raw_;  // one output's weights before they are normalised
  int max_taps_ = 0;
};

/// Source index of each wanted sample under Pillow's `nearest` (Geometry.c, ImagingScaleAffine);
/// -1 where it falls outside the source.
void nearest_indices(const ResampleAxis& axis, std::vector<int>& indices);

}  // namespace fovea::vision
