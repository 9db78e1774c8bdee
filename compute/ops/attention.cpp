// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/attention_parts.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {
namespace {

constexpr std::int64_t kMaxDim = 128;

/// Iterations of one invocation (see the kernels' loops).
std::int64_t iterations(const AttentionPlan& plan, std::uint32_t lanes, std::int64_t tokens,
                        std::int64_t dim) {
  if (plan.variant == Variant::coopmat) {
    // A step of 32 keys, and what drivers leave of the loops within.
    return ceil_div(plan.chunk, kKeys) * (16 + 2 * ceil_div(dim, 16));
  }
  if (plan.variant == Variant::portable) {
    const std::int64_t slices = ceil_div(dim, 32);
    return ceil_div(std::min<std::int64_t>(tokens, plan.chunk), kKeys) *
               (1 + slices * (1 + 2 + 8) + 8 + 8) +
           4;
  }
  const std::int64_t blocks = ceil_div(tokens, plan.chunk) + ceil_div(tokens, 4 * lanes);
  return blocks * (1 + ceil_div(dim, 4)) + 2 * ceil_div(tokens, 4);
}

}  // namespace

AttentionPlan plan_attention(const Device& device, Variant variant, std::int64_t tokens) {
  if (variant == Variant::portable) {
    return {variant, 16, static_cast<std::uint32_t>(ceil_div(tokens, kKeys) * kKeys), 0};
  }
  const DeviceLimits& limits = device.limits();
  AttentionPlan plan{Variant::subgroup, 16, 0, limits.shared_memory_bytes / 16,
                     preferred_reads(device)};
  // As many keys as shared memory has room for scores of, but no more than there are.
  const std::int64_t step = 4 * limits.subgroup_size;
  const std::int64_t most = std::max<std::int64_t>(plan.room * 4 / plan.rows / step, 1);
  plan.chunk = static_cast<std::uint32_t>(std::min(ceil_div(tokens, step), most) * step);
  return plan;
}

AttentionPlan plan_attention(const Device& device, Precision precision, std::int64_t tokens,
                             std::int64_t queries, std::int64_t sequences) {
  // Devices with the second extension's matrices have the first's too. A kernel of them would hold
  // a softmax's rows in a workgroup's matrix, whose reductions are an optional feature of that
  // extension, and gain what passing scores through shared memory costs here.
  const Variant best = preferred_variant(device, precision);
  const bool by_matrix = best == Variant::coopmat || best == Variant::coopmat2;
  if (by_matrix && can_run(device, Variant::coopmat)) {
    return plan_parts(device, Variant::coopmat, tokens, queries, sequences);
  }
  if (preferred_variant(device) == Variant::portable) {
    return plan_parts(device, Variant::portable, tokens, queries, sequences);
  }
  return plan_attention(device, Variant::subgroup, tokens);
}

Tensor attention_planned(ProgramBuilder& p, const Tensor& qkv, int heads, const AttentionPlan& plan,
                         std::int64_t queries) {
  require_f32("attention", "qkv", qkv, 3);
  const Shape& shape = qkv.shape();
  const std::string where = fmt::format("qkv {}, {} heads", to_string(shape), heads);
  if (heads < 1 || shape[2] % (3 * heads) != 0) {
    reject("attention", fmt::format("{} channels are not 3 x {} heads", shape[2], heads), where,
           "use a number of heads that divides the channels");
  }
  const std::int64_t batch = shape[0], tokens = shape[1], dim = shape[2] / (3 * heads);
  if (queries < 0 || queries > tokens) {
    reject("attention", fmt::format("{} queries of {} tokens", queries, tokens), where,
           "ask for 1 to as many queries as there are tokens, or 0 for all");
  }
  if (queries == 0) queries = tokens;
  if (dim > kMaxDim) {
    reject("attention", fmt::format("{} channels a head, at most {} are supported", dim, kMaxDim),
           where, "use a model with more heads");
  }
  const AttentionCall call{qkv, batch, tokens, queries, heads, dim};
  const std::uint32_t lanes = p.device().limits().subgroup_size;
  require_iterations("attention", iterations(plan, lanes, tokens, dim), where);
  if (plan.variant != Variant::subgroup) return attention_by_parts(p, call, plan);

  const Reads reads = possible_reads(p.device(), plan.reads, shape.element_count() / 4);
  const std::string name =
      dim % 4 != 0 ? "attention_subgroup" : reading_shader("attention_subgroup", reads);
  const Kernel& kernel =
      kernels(p.device())
          .get(name, std::array{lanes, plan.rows, static_cast<std::uint32_t>(dim), plan.room});

  const Tensor y = p.value("attention", {{batch, queries, shape[2] / 3}});
  const auto sequences = split_groups(p.device(), "attention", batch * heads);
  p.dispatch("attention", {kernel,
                           {qkv},
                           {y},
                           push_bytes(call.push(plan.chunk)),
                           {static_cast<std::uint32_t>(ceil_div(queries, plan.rows)), sequences[0],
                            sequences[1]},
                           call.flop()});
  return y;
}

Tensor attention(ProgramBuilder& p, const Tensor& qkv, int heads, Precision precision,
                 std::int64_t queries) {
  require_f32("attention", "qkv", qkv, 3);
  const AttentionPlan plan = choose_attention(p, qkv.shape(), heads, precision, queries);
  return attention_planned(p, qkv, heads, plan, queries);
}

}  // namespace fovea::compute::ops
