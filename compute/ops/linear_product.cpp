// SPDX-License-Identifier: Apache-2.0
// The dispatch of a product, whole, split over its depth, or with LayerNorm folded in.
#include <algorithm>

#include "compute/kernel.hpp"
#include "compute/ops/linear_matrix.hpp"

namespace fovea::compute::ops {
namespace {

constexpr std::int64_t kMaxSplits = 8;
constexpr std::int64_t kMomentColumns = 32;  // shaders/include/linear_moments.glsl

LinearPush push_of(const LinearCall& call) {
  return {static_cast<std::uint32_t>(call.rows()), static_cast<std::uint32_t>(call.w.out_features),
          static_cast<std::uint32_t>(call.w.in_features)};
}

/// Adds the parts [S, M, N] of a product and what comes after it.
Tensor reduce_parts(ProgramBuilder& p, const LinearCall& call, const Tensor& parts,
                    const Tensor& bias) {
  const Linear& w = call.w;
  const std::uint32_t lanes = elementwise_lanes(p.device());
  const std::array<std::uint32_t, 3> constants{lanes, static_cast<std::uint32_t>(call.activation),
                                               call.residual != nullptr ? 1u : 0u};
  const Kernel& kernel = kernels(p.device()).get("linear_reduce", constants);
  const Tensor y = p.value(w.name, {call.shape});
  LinearPush push = push_of(call);
  push.depth = static_cast<std::uint32_t>(parts.shape()[0]);
  const std::int64_t quads = call.rows() * ceil_div(w.out_features, 4);
  // Without a residual its binding is unused; the bias is at hand.
  p.dispatch(w.name + ".reduce", {kernel,
                                  {parts, bias, call.residual != nullptr ? *call.residual : bias},
                                  {y},
                                  push_bytes(push),
                                  split_groups(p.device(), "linear", ceil_div(quads, lanes))});
  return y;
}

}  // namespace

bool can_fold_norm(const Linear& w, const LinearPlan& plan) {
  return (plan.variant == Variant::portable || plan.variant == Variant::coopmat) &&
         w.in_features % 4 == 0 && w.out_features % 4 == 0;
}

std::uint32_t split_depth(const Device& device, std::int64_t groups, std::int64_t steps) {
  const std::int64_t processors = processors_of(device);
  if (groups >= processors) return 1;
  // Each part keeps at least four steps, or writing and adding it costs more than it saves.
  const std::int64_t wanted = std::min({processors / groups, kMaxSplits, steps / 4});
  const std::int64_t part = ceil_div(steps, std::max<std::int64_t>(wanted, 1));
  return static_cast<std::uint32_t>(ceil_div(steps, part));
}

std::string product_shader(std::string_view stem, const LinearCall& call, const LinearPlan& plan) {
  const bool leaves = plan.moments && plan.splits == 1;
  return std::string(stem) + (call.norm != nullptr ? ".norm"
                              : leaves             ? ".moments"
                              : call.in_quads()    ? ".vec4"
                                                   : "");
}

Tensor append_product(ProgramBuilder& p, const LinearCall& call, const LinearPlan& plan,
                      const Product& product) {
  const Linear& w = call.w;
  const std::int64_t rows = call.rows();
  const auto& [kernel, operands, groups] = product;
  const auto& [x, weight, bias] = operands;
  const bool split = plan.splits > 1;
  const Tensor y = split ? p.value(w.name + ".parts",
                                   {{static_cast<std::int64_t>(plan.splits), rows, w.out_features}})
                         : p.value(w.name, {call.shape});
  // Without a residual its binding is unused; the bias is at hand.
  const Tensor residual = !split && call.residual != nullptr ? *call.residual : bias;
  const double flop = 2.0 * static_cast<double>(rows * w.out_features * w.in_features);
  const LinearPush push = push_of(call);
  if (call.norm != nullptr) {
    const LayerNorm& norm = call.norm->norm;
    const Tensor gamma = p.constant(norm.name + ".gamma", {{norm.channels}}, norm.gamma);
    const Tensor beta = p.constant(norm.name + ".beta", {{norm.channels}}, norm.beta);
    const struct {
      LinearPush product;
      float epsilon;
    } norm_push{push, norm.epsilon};
    p.dispatch(w.name, {kernel,
                        {x, weight, bias, residual, gamma, beta, call.norm->moments},
                        {y},
                        push_bytes(norm_push),
                        groups,
                        flop});
  } else if (plan.moments && !split) {
    const Tensor moments =
        p.companion(y, w.name + ".moments", {{rows, ceil_div(w.out_features, kMomentColumns), 2}});
    p.dispatch(w.name,
               {kernel, {x, weight, bias, residual}, {y, moments}, push_bytes(push), groups, flop});
  } else {
    p.dispatch(w.name, {kernel, {x, weight, bias, residual}, {y}, push_bytes(push), groups, flop});
  }
  return split ? reduce_parts(p, call, y, bias) : y;
}

}  // namespace fovea::compute::ops
