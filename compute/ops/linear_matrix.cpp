// SPDX-License-Identifier: Apache-2.0
#include "compute/ops/linear_matrix.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compute/kernel.hpp"

namespace fovea::compute::ops {
namespace {

constexpr std::uint32_t kUnits = 4;          // of 16 bytes: depths of one step of linear_coopmat
constexpr std::uint32_t kWarpColumns = 32;   // of a subgroup there
constexpr std::int64_t kMaxGroupsY = 65535;  // guaranteed by the specification

std::uint32_t lanes_of(const DeviceLimits& limits, const LinearPlan& plan) {
  return plan.variant == Variant::coopmat2 ? limits.workgroup_matrix_lanes
                                           : limits.subgroup_size * 2 * plan.columns / kWarpColumns;
}

const MatrixShape& shape_of(const DeviceLimits& limits, Variant variant) {
  return variant == Variant::coopmat8 ? limits.byte_matrix : limits.matrix;
}

/// Depths of one step.
std::int64_t step_of(Variant variant) {
  return variant == Variant::coopmat8 ? 16 * kUnits : 8 * kUnits;
}

/// Bytes of shared memory that linear_coopmat and linear_coopmat8 declare.
std::uint32_t shared_bytes(const DeviceLimits& limits, Variant variant, std::uint32_t tile) {
  const std::uint32_t operands = 2 * tile * (kUnits + 1) * 16;
  const std::uint32_t stage_rows = 2 * tile / kWarpColumns * shape_of(limits, variant).m;
  return operands + stage_rows * (kWarpColumns / 4 + 1) * 16;
}

const Kernel& product_kernel(const Device& device, KernelCache& kernels, const LinearCall& call,
                             const LinearPlan& plan) {
  const DeviceLimits& limits = device.limits();
  const MatrixShape& shape = shape_of(limits, plan.variant);
  const bool finishes = plan.splits == 1;
  const std::string name =
      product_shader(fmt::format("linear_{}", to_string(plan.variant)), call, plan);
  const std::array<std::uint32_t, 10> constants{
      lanes_of(limits, plan),
      plan.rows,
      static_cast<std::uint32_t>(call.w.precision),
      finishes ? static_cast<std::uint32_t>(call.activation) : 0u,
      finishes && call.residual != nullptr ? 1u : 0u,
      plan.columns,
      limits.subgroup_size,
      shape.m,
      shape.n,
      shape.k};
  return kernels.get(name, constants);
}

}  // namespace

bool matrix_tile_fits(const Device& device, Variant variant, std::uint32_t tile) {
  const DeviceLimits& limits = device.limits();
  return lanes_of(limits, {variant, tile, tile, 1}) <= limits.max_workgroup_invocations &&
         (variant == Variant::coopmat2 ||
          shared_bytes(limits, variant, tile) <= limits.shared_memory_bytes);
}

LinearPlan plan_matrix(const Device& device, Variant variant, std::int64_t rows,
                       std::int64_t columns, std::int64_t depth) {
  const std::int64_t processors = processors_of(device);
  LinearPlan plan{variant, 64, 64, 1};
  const std::int64_t large_groups = ceil_div(rows, 128) * ceil_div(columns, 128);
  plan.rows = plan.columns = 128;
  if (!matrix_tile_fits(device, variant, 128) || large_groups < 2 * processors) {
    plan.rows = plan.columns = 64;
  } else if (variant == Variant::coopmat2 && columns % 256 == 0 && large_groups >= 4 * processors) {
    plan.columns = 256;
  }

  plan.splits = split_depth(device, ceil_div(rows, plan.rows) * ceil_div(columns, plan.columns),
                            ceil_div(depth, step_of(variant)));
  return plan;
}

Tensor matrix_product(ProgramBuilder& p, const LinearCall& call, const LinearPlan& plan,
                      const Operands& operands) {
  const Linear& w = call.w;
  const std::int64_t rows = call.rows();
  // A round of the outer loop, and what drivers leave of the loops within. Bytes take half the
  // rounds, but 32 bits hold no more than 133,000 of their products.
  require_iterations("linear", ceil_div(w.in_features, 8 * kUnits) * 17, w.name);
  const std::int64_t row_tiles = ceil_div(rows, plan.rows);
  if (row_tiles > kMaxGroupsY) {
    reject("linear", fmt::format("{} rows, at most {} fit", rows, kMaxGroupsY * plan.rows), w.name,
           "use a smaller batch");
  }

  const Kernel& kernel = product_kernel(p.device(), kernels(p.device()), call, plan);
  return append_product(p, call, plan,
                        {kernel,
                         operands,
                         {static_cast<std::uint32_t>(ceil_div(w.out_features, plan.columns)),
                          static_cast<std::uint32_t>(row_tiles), plan.splits}});
}

}  // namespace fovea::compute::ops
