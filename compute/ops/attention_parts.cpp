// SPDX-License-Identifier: Apache-2.0
#include "compute/ops/attention_parts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compute/kernel.hpp"

namespace fovea::compute::ops {
namespace {

constexpr std::uint32_t kPortableQueries = 16;  // of a workgroup
constexpr std::uint32_t kWarps = 4;             // of MAT_M queries each

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

const Kernel& parts_kernel(Device& device, const AttentionCall& call, Variant variant) {
  const DeviceLimits& limits = device.limits();
  const bool by_matrix = variant == Variant::coopmat;
  const std::uint32_t lanes = by_matrix ? kWarps * limits.subgroup_size : 128;
  const std::array<std::uint32_t, 6> constants{
      lanes,           limits.subgroup_size, static_cast<std::uint32_t>(call.dim),
      limits.matrix.m, limits.matrix.n,      limits.matrix.k};
  return kernels(device).get(fmt::format("{}{}", by_matrix ? "attention_coopmat" : "attention",
                                         call.dim % 4 == 0 ? ".vec4" : ""),
                             constants);
}

}  // namespace

AttentionPlan plan_parts(const Device& device, Variant variant, std::int64_t tokens,
                         std::int64_t queries, std::int64_t sequences) {
  AttentionPlan plan{variant, kPortableQueries, 0, 0};
  if (variant == Variant::coopmat) plan.rows = kWarps * device.limits().matrix.m;
  const std::int64_t groups = ceil_div(queries, plan.rows) * sequences;
  const std::int64_t steps = ceil_div(tokens, kKeys);
  // Each part keeps at least four steps, or writing and joining it costs more than it saves.
  const std::int64_t parts = std::clamp<std::int64_t>(processors_of(device) / groups, 1,
                                                      std::max<std::int64_t>(steps / 4, 1));
  plan.chunk = static_cast<std::uint32_t>(ceil_div(steps, parts) * kKeys);
  return plan;
}

Tensor attention_by_parts(ProgramBuilder& p, const AttentionCall& call, const AttentionPlan& plan) {
  const std::int64_t parts = ceil_div(call.tokens, plan.chunk);
  const std::int64_t quads = ceil_div(call.dim, 4);
  const Kernel& kernel = parts_kernel(p.device(), call, plan.variant);
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
