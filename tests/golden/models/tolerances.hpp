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

/// int8 against the unrounded reference: a weight is rounded by up to 1/254 of the largest of its
/// row, evenly spread, so by 1/254/sqrt(3) as a mean square, while the weights themselves are of
/// 1/sqrt(3) of that largest (uniform) to a third of it (normal): a product's error is 0.4 to 1 %
/// of its range's mean square. Six products a block and three blocks add up like squares; an
/// output's worst value is three times its mean square, and so is the range of a head's six to ten
/// logits: 3 / 3 * sqrt(18) * 1 %. The twin, whose weights are rounded alike, is held much closer.
inline constexpr double kInt8Tolerance = 0.043;

/// The same where each token's vector is rounded to int8 too: the largest of a vector is three to
/// five times its mean square, twice that of a row of weights, so its rounding weighs twice as
/// much, and the two together sqrt(1 + 4) times; three leaves room.
inline constexpr double kInt8DotTolerance = 3 * kInt8Tolerance;

}  // namespace fovea::golden
