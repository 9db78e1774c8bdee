// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"
#include "compute/ops/linear_layout.hpp"
#include "compute/ops/linear_matrix.hpp"

namespace fovea::compute::ops {
namespace {

Shape with_last_axis(const Shape& shape, std::int64_t last) {
  switch (shape.rank()) {
    case 1:
      return {last};
    case 2:
      return {shape[0], last};
    case 3:
      return {shape[0], shape[1], last};
    case 4:
      return {shape[0], shape[1], shape[2], last};
    default:
      return {shape[0], shape[1], shape[2], shape[3], last};
  }
}

DType storage(Precision precision) {
  switch (precision) {
    case Precision::fp16:
      return DType::f16;
    case Precision::int8:
      return DType::i8;
    default:
      return DType::f32;
  }
}

void check_weight(const Linear& w, Variant variant) {
  const std::string_view name = to_string(variant);
  if (multiplies_bytes(variant) && w.precision != Precision::int8) {
    reject("linear", fmt::format("bytes times {}", to_string(w.precision)), w.name,
           "upload the weight as int8");
  }
  if (multiplies_matrices(variant) && !multiplies_bytes(variant) &&
      w.precision == Precision::int8) {
    reject("linear", fmt::format("{} takes no bytes", name), w.name, "upload the weight as fp16");
  }
  if (w.layout != weight_layout(variant)) {
    reject("linear", fmt::format("the weights are not packed for {}", name), w.name,
           "upload them with upload_linear_as()");
  }
}

void check(const Tensor& x, const Linear& w, const Tensor* residual, const Shape& result) {
  require_f32("linear", "x", x, 0);
  if (x.shape()[-1] != w.in_features) {
    reject("linear",
           fmt::format("x {} has {} channels, the weight takes {}", to_string(x.shape()),
                       x.shape()[-1], w.in_features),
           w.name, "pass the tensor this weight was trained on");
  }
  if (residual == nullptr) return;
  require_f32("linear_add", "residual", *residual, 0);
  if (residual->shape() != result) {
    reject("linear_add",
           fmt::format("residual {} and the product {} differ", to_string(residual->shape()),
                       to_string(result)),
           w.name, "add a tensor of the product's shape");
  }
}

std::string kernel_name(const Device& device, const LinearCall& call, const LinearPlan& plan) {
  if (plan.variant == Variant::dot8) {
    return device.limits().byte_dots && !plan.by_shifts ? "linear_dot8.packed" : "linear_dot8";
  }
  if (plan.variant != Variant::subgroup) return product_shader("linear", call, plan);
  if (!call.in_quads()) return "linear_subgroup";
  const LinearLayout layout{call.w.out_features, call.w.in_features, call.w.layout};
  const auto weights = static_cast<std::int64_t>(layout.padded_out() * layout.padded_in());
  const std::int64_t largest =
      std::max({weights, call.x.shape().element_count(), call.shape.element_count()});
  return reading_shader("linear_subgroup", possible_reads(device, plan.reads, largest / 4));
}

/// x [..., K] f32 -> [rows, 1 + K / 4] words: each row's scale, then its bytes.
Tensor quantize_rows(ProgramBuilder& p, const Tensor& x, const std::string& name) {
  const std::int64_t rows = x.shape().row_count(), depth = x.shape()[-1];
  constexpr std::uint32_t kLanes = 64;
  require_iterations("quantize_rows", 2 * ceil_div(depth, kLanes), name);
  const Tensor y = p.value(name, {{rows, 1 + ceil_div(depth, 4)}, DType::i32});
  const std::array<std::uint32_t, 2> push{static_cast<std::uint32_t>(rows),
                                          static_cast<std::uint32_t>(depth)};
  p.dispatch(name, {kernels(p.device()).get("quantize_rows", std::array{kLanes}),
                    {x},
                    {y},
                    push_bytes(push),
                    split_groups(p.device(), "quantize_rows", rows)});
  return y;
}

Operands operands_of(ProgramBuilder& p, const Tensor& x, const Linear& w, Variant variant) {
  const LinearLayout layout{w.out_features, w.in_features, w.layout};
  const auto padded_out = static_cast<std::int64_t>(layout.padded_out());
  const auto padded_in = static_cast<std::int64_t>(layout.padded_in());
  const Tensor weight =
      p.constant(w.name + ".weight", {{padded_out, padded_in}, storage(w.precision)}, w.weight);
  const std::int64_t vectors = w.precision == Precision::int8 ? 2 : 1;
  const Tensor bias = p.constant(w.name + ".bias", {{vectors, padded_out}}, w.bias);
  return {multiplies_bytes(variant) ? quantize_rows(p, x, w.name + ".rows") : x, weight, bias};
}

}  // namespace

LinearPlan plan_linear(const Device& device, const Linear& w, std::int64_t rows) {
  if (preferred_variant(device, w.precision) == Variant::dot8) return {Variant::dot8};
  if (w.layout == WeightLayout::rows) {
    return plan_matrix(device, preferred_variant(device, w.precision), rows, w.out_features,
                       w.in_features);
  }
  if (preferred_variant(device) == Variant::portable) {
    LinearPlan plan{Variant::portable};
    plan.splits =
        split_depth(device, ceil_div(rows, plan.rows) * ceil_div(w.out_features, plan.columns),
                    ceil_div(w.in_features, 16));
    return plan;
  }
  // Four depths of a tile, in cycles of one core: loads of x and products by the row, loads of
  // weights by the column. Processors work side by side, so whole rounds of tiles count.
  const DeviceLimits& limits = device.limits();
  const std::int64_t weight_cost = w.precision == Precision::fp32 ? 144 : 100;
  const std::int64_t processors = std::max<std::int64_t>(limits.processors, 1);
  LinearPlan best;
  std::int64_t best_cost = std::numeric_limits<std::int64_t>::max();
  for (const std::uint32_t quads : {2u, 1u}) {
    const std::uint32_t columns = 4 * limits.subgroup_size * quads;
    for (const std::uint32_t tile : {32u, 24u, 16u, 8u}) {
      const std::int64_t step_cost = tile * (7 + 10 * quads) + quads * weight_cost;
      const std::int64_t tiles = ceil_div(rows, tile) * ceil_div(w.out_features, columns);
      const std::int64_t cost = ceil_div(tiles, processors) * step_cost;
      if (cost >= best_cost) continue;
      best = {Variant::subgroup, tile, columns, 1, preferred_reads(device)};
      best_cost = cost;
    }
  }
  return best;
}

Tensor append_linear(ProgramBuilder& p, const Tensor& x, const Linear& w, Activation activation,
                     const Tensor* residual, const FoldedNorm* norm, const LinearPlan& plan) {
  const Shape shape = with_last_axis(x.shape(), w.out_features);
  check(x, w, residual, shape);
  check_weight(w, plan.variant);
  const LinearCall call{x, w, activation, residual, shape, norm};
  const Operands operands = operands_of(p, x, w, plan.variant);
  if (multiplies_matrices(plan.variant)) return matrix_product(p, call, plan, operands);
  const bool by_subgroup = plan.variant == Variant::subgroup;
  const std::uint32_t lanes = by_subgroup ? p.device().limits().subgroup_size : 128;
  // A step takes four depths, or sixteen with a loop over them.
  require_iterations("linear", w.in_features / (by_subgroup ? 4 : 16) * (by_subgroup ? 1 : 18),
                     w.name);

  const std::uint32_t column_quads = std::clamp(plan.columns / (4 * lanes), 1u, 2u);
  const std::uint32_t columns = by_subgroup ? 4 * lanes * column_quads : 64;
  const bool finishes = plan.splits == 1;
  const std::array<std::uint32_t, 7> constants{
      lanes,
      plan.rows,
      static_cast<std::uint32_t>(w.precision),
      finishes ? static_cast<std::uint32_t>(activation) : 0u,
      finishes && residual != nullptr ? 1u : 0u,
      column_quads,
      plan.splits};
  const Kernel& kernel = kernels(p.device()).get(kernel_name(p.device(), call, plan), constants);

  const auto tiles = split_groups(p.device(), "linear", ceil_div(call.rows(), plan.rows));
  const auto across = static_cast<std::uint32_t>(ceil_div(w.out_features, columns));
  return append_product(p, call, plan,
                        {kernel, operands, {tiles[0], across * plan.splits, tiles[1]}});
}

Tensor linear_planned(ProgramBuilder& p, const Tensor& x, const Linear& w, Activation activation,
                      const Tensor* residual, const LinearPlan& plan) {
  return append_linear(p, x, w, activation, residual, nullptr, plan);
}

Tensor norm_linear_planned(ProgramBuilder& p, const Tensor& x, const LayerNorm& norm,
                           const Linear& w, Activation activation, const LinearPlan& plan) {
  const auto moments = p.companion_of(x);
  if (!moments || !can_fold_norm(w, plan) || norm.channels != w.in_features) {
    return linear_planned(p, layer_norm(p, x, norm), w, activation, nullptr, plan);
  }
  const FoldedNorm folded{norm, *moments};
  return append_linear(p, x, w, activation, nullptr, &folded, plan);
}

Tensor linear(ProgramBuilder& p, const Tensor& x, const Linear& w, Activation activation) {
  require_f32("linear", "x", x, 0);
  const LinearPlan plan = choose_linear(p, w, x.shape().row_count(), activation, false);
  return linear_planned(p, x, w, activation, nullptr, plan);
}

Tensor norm_linear(ProgramBuilder& p, const Tensor& x, const LayerNorm& norm, const Linear& w,
                   Activation activation) {
  // A step's plan is chosen right before it is appended.
  if (!p.companion_of(x)) return linear(p, layer_norm(p, x, norm), w, activation);
  const LinearPlan plan = choose_linear(p, w, x.shape().row_count(), activation, false);
  return norm_linear_planned(p, x, norm, w, activation, plan);
}

Tensor linear_add(ProgramBuilder& p, const Tensor& x, const Linear& w, const Tensor& residual) {
  require_f32("linear_add", "x", x, 0);
  LinearPlan plan = choose_linear(p, w, x.shape().row_count(), Activation::none, true);
  // On software devices a LayerNorm costs less than its part in every tile of the product.
  plan.moments = p.device().info().kind != DeviceKind::software && can_fold_norm(w, plan);
  return linear_planned(p, x, w, Activation::none, &residual, plan);
}

}  // namespace fovea::compute::ops
