// SPDX-License-Identifier: Apache-2.0
#include "compute/ops/attention_matrix.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compute/kernel.hpp"

namespace fovea::compute::ops {
namespace {

constexpr std::int64_t kKeys = 32;  // of one step of attention_coopmat
constexpr std::uint32_t kWarps = 4;

Tensor join_parts(ProgramBuilder& p, const AttentionCall& call, const Tensor& parts,
                  std::uint32_t chunk) {
  const std::uint32_t lanes = elementwise_lanes(p.device());
  const Kernel& kernel = kernels(p.device())
                             .get(call.dim % 4 == 0 ? "attention_reduce.vec4" : "attention_reduce",
                                  std::array{lanes, 0u, static_cast<std::uint32_t>(call.dim)});
  const Tensor y = p.value("attention", {{call.batch, call.queries, call.heads * call.dim}});
  const std::int64_t quads = call.sequences() * call.queries * ceil_div(call.dim, 4);
  p.dispatch("attention.join", {kernel,
                                {parts},
                                {y},
                                push_bytes(call.push(chunk)),
                                split_groups(p.device(), "attention", ceil_div(quads, lanes))});
  return y;
}

}  // namespace

AttentionPlan plan_matrix_attention(const Device& device, std::int64_t tokens, std::int64_t queries,
                                    std::int64_t sequences) {
  const DeviceLimits& limits = device.limits();
  AttentionPlan plan{Variant::coopmat, kWarps * limits.matrix.m, 0, 0};
  // Not known: a middling GPU.
  const std::int64_t processors = limits.processors > 0 ? limits.processors : 64;
  const std::int64_t groups = ceil_div(queries, plan.rows) * sequences;
  const std::int64_t steps = ceil_div(tokens, kKeys);
  // Each part keeps at least four steps, or writing and joining it costs more than it saves.
  const std::int64_t parts =
      std::clamp<std::int64_t>(processors / groups, 1, std::max<std::int64_t>(steps / 4, 1));
  plan.chunk = static_cast<std::uint32_t>(ceil_div(steps, parts) * kKeys);
  return plan;
}

Tensor matrix_attention(ProgramBuilder& p, const AttentionCall& call, const AttentionPlan& plan) {
  const DeviceLimits& limits = p.device().limits();
  const std::int64_t parts = ceil_div(call.tokens, plan.chunk);
  const std::int64_t quads = ceil_div(call.dim, 4);
  const std::array<std::uint32_t, 6> constants{kWarps * limits.subgroup_size,
                                               limits.subgroup_size,
                                               static_cast<std::uint32_t>(call.dim),
                                               limits.matrix.m,
                                               limits.matrix.n,
                                               limits.matrix.k};
  const Kernel& kernel =
      kernels(p.device())
          .get(call.dim % 4 == 0 ? "attention_coopmat.vec4" : "attention_coopmat", constants);
  // A row of a part: its sum, then a quad with maximum and denominator.
  const Tensor y =
      parts == 1
          ? p.value("attention", {{call.batch, call.queries, call.heads * call.dim}})
          : p.value("attention.parts", {{parts, call.sequences(), call.queries, 4 * (quads + 1)}});
  const auto sequences = split_groups(p.device(), "attention", call.sequences());
  p.dispatch("attention", {kernel,
                           {call.qkv},
                           {y},
                           push_bytes(call.push(plan.chunk)),
                           {static_cast<std::uint32_t>(ceil_div(call.queries, plan.rows) * parts),
                            sequences[0], sequences[1]},
                           call.flop()});
  return parts == 1 ? y : join_parts(p, call, y, plan.chunk);
}

}  // namespace fovea::compute::ops
