// SPDX-License-Identifier: Apache-2.0
#pragma once
// Attention by the kernels that can split the keys over workgroups, `portable` and `coopmat`, and
// the join of the parts. For attention.cpp only; ops::attention() and attention_planned() lead
// here.

#include <cstdint>

#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {

/// What every variant of attention is told.
struct AttentionPush {
  std::uint32_t sequences, heads, tokens, queries, chunk;
};

/// One call's axes, checked.
struct AttentionCall {
  const Tensor& qkv;
  std::int64_t batch, tokens, queries, heads, dim;

  std::int64_t sequences() const { return batch * heads; }
  double flop() const { return 4.0 * static_cast<double>(sequences() * queries * tokens * dim); }
  AttentionPush push(std::uint32_t chunk) const {
    return {static_cast<std::uint32_t>(sequences()), static_cast<std::uint32_t>(heads),
            static_cast<std::uint32_t>(tokens), static_cast<std::uint32_t>(queries), chunk};
  }
};

constexpr std::int64_t kKeys = 32;  // of one step of these kernels

/// `chunk` is the keys of a part: all of them, or fewer where there are fewer groups of queries
/// than processors.
AttentionPlan plan_parts(const Device& device, Variant variant, std::int64_t tokens,
                         std::int64_t queries, std::int64_t sequences);
/// Appends the step, or the parts and their join.
Tensor attention_by_parts(ProgramBuilder& p, const AttentionCall& call, const AttentionPlan& plan);

}  // namespace fovea::compute::ops
