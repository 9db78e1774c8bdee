// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far from the reference is still right, as a part of an output's range (max - min).

namespace fovea::golden {

/// fp32: sums of at most a few hundred f32 products, each rounded by 2^-24, over three blocks:
/// about 1e-6. 1e-5 leaves room for a driver's exp and for another order of summation, and is
/// narrow enough to notice tanh-GELU in place of erf-GELU (6e-5 after one block; see
/// mutations.hpp), which 2e-4, the project's promise to users, is not.
inline constexpr double kFp32Tolerance = 1e-5;

/// fp16 against the unrounded reference: weights are rounded by up to 2^-11 of their size each,
/// arithmetic stays f32. The errors of one product average out to about half of that of its
/// range, and some ten products in a row add up like their squares: 4 * 2^-11.
inline constexpr double kFp16Tolerance = 4.0 / 2048;

}  // namespace fovea::golden
