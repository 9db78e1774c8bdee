// SPDX-License-Identifier: Apache-2.0
#pragma once
// What attention maps are made of: rows of the attention matrices, which ops::attention() never
// stores, their rollout, and sequences without some of their tokens. As transformer.hpp: each
// checks shapes (throws ShapeError, prefixed by the op) and appends its steps.

#include <cstdint>

#include "compute/program.hpp"
#include "compute/tensor.hpp"

namespace fovea::compute::ops {

/// What becomes of the rows of several heads.
enum class HeadMerge : std::uint8_t { none, mean, max };

/// Heads first..first + count - 1; a count of 0 means all from `first` on.
struct HeadChoice {
  HeadMerge merge = HeadMerge::mean;
  int first = 0, count = 0;
};

/// Rows of softmax(Q K^T / sqrt(D)): of image b those of tokens asked[b, :].
/// qkv [B, T, 3C] as attention() takes it, asked [B, Q] i32 in 0..T-1
/// -> [B, chosen heads, Q, T] with HeadMerge::none, else [B, Q, T].
Tensor attention_rows(ProgramBuilder& p, const Tensor& qkv, int heads, const Tensor& asked,
                      const HeadChoice& choice);
/// The same of tokens first..first + count - 1 of every image.
Tensor attention_rows(ProgramBuilder& p, const Tensor& qkv, int heads, std::int64_t first,
                      std::int64_t count, const HeadChoice& choice);

/// Row vectors times 0.5 A + 0.5 I, one layer of attention rollout (Abnar and Zuidema 2020,
/// arXiv:2005.00928, equation 1) from its output's side. `a` [B, T, T] is asked for a part at a
/// time, so that it is never stored whole.
/// qkv [B, T, 3C], r [B, Q, T] -> [B, Q, T]; A is the mean over heads.
Tensor rollout(ProgramBuilder& p, const Tensor& qkv, int heads, const Tensor& r);
/// keep * base + 0.5 * r[:, :, first..first + N - 1] a.   base, r [B, Q, T], a [B, N, T]
/// -> [B, Q, T]
Tensor rollout_step(ProgramBuilder& p, const Tensor& base, float keep, const Tensor& r,
                    std::int64_t first, const Tensor& a);

/// Row k of sequence m is row tokens[m, k] of x, whose rows are counted through the batch.
/// x [B, T, C], tokens [M, K] i32 in 0..BT-1 -> [M, K, C]
Tensor gather_tokens(ProgramBuilder& p, const Tensor& x, const Tensor& tokens);

}  // namespace fovea::compute::ops
