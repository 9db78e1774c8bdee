// SPDX-License-Identifier: Apache-2.0
#include "compute/ops/launch.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compute/error.hpp"

namespace fovea::compute::ops {

Variant preferred_variant(const Device& device) {
  const DeviceLimits& limits = device.limits();
  const bool vectors = device.info().kind == DeviceKind::software && limits.subgroup_shuffle &&
                       limits.subgroup_size >= 4 && limits.subgroup_size <= 32;
  return vectors ? Variant::subgroup : Variant::portable;
}

std::uint32_t elementwise_lanes(const Device& device) {
  return device.info().kind == DeviceKind::software ? device.limits().subgroup_size : 64;
}

std::array<std::uint32_t, 3> split_groups(const Device& device, std::string_view op,
                                          std::int64_t count) {
  const std::int64_t max_x = device.limits().max_groups_x;
  constexpr std::int64_t kMaxY = 65535;  // guaranteed by the specification
  const std::int64_t lines = ceil_div(count, max_x);
  if (lines > kMaxY) {
    reject(op, fmt::format("needs {} workgroups, the device takes {}", count, max_x * kMaxY),
           device.info().name, "use a smaller batch");
  }
  const std::int64_t x = ceil_div(count, lines);
  return {static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(lines), 1};
}

void reject(std::string_view op, const std::string& what, const std::string& where,
            const std::string& fix) {
  throw ShapeError(fmt::format("{}: {}", op, what), where, fix);
}

void require_f32(std::string_view op, std::string_view argument, const Tensor& tensor, int rank) {
  const Shape& shape = tensor.shape();
  if (tensor.dtype() != DType::f32) {
    reject(op, fmt::format("{} is {}, not f32", argument, to_string(tensor.dtype())),
           fmt::format("{} {}", argument, to_string(shape)), "convert it to f32 first");
  }
  if (rank == 0 ? shape.rank() >= 1 : shape.rank() == rank) return;
  reject(op,
         fmt::format("{} {} has {} axes, not {}", argument, to_string(shape), shape.rank(),
                     rank == 0 ? "at least one" : std::to_string(rank)),
         fmt::format("{} {}", argument, to_string(shape)), "pass the tensor the header describes");
}

void require_iterations(std::string_view op, std::int64_t iterations, const std::string& where) {
  if (iterations <= kMaxIterations) return;
  reject(op,
         fmt::format("an invocation would loop {} times, drivers allow about {} in safety",
                     iterations, kMaxIterations),
         where, "use a model with smaller axes");
}

}  // namespace fovea::compute::ops
