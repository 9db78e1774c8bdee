// SPDX-License-Identifier: Apache-2.0
#include "compute/device_facts.hpp"

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compute/device.hpp"
#include "compute/device_impl.hpp"
#include "compute/features.hpp"
#include "compute/matrix_properties.hpp"

namespace fovea::compute {
namespace {

/// VkComponentTypeKHR.
std::string type_name(std::uint32_t type) {
  constexpr std::array kNames{"f16", "f32", "f64", "s8",  "s16", "s32",
                              "s64", "u8",  "u16", "u32", "u64"};
  return type < kNames.size() ? kNames[type] : fmt::format("type {}", type);
}

std::string matrices(Device& device) {
  // The loader has the function for every device and calls into nothing where the driver has not.
  if (!has_extension(device.impl().physical, kMatrix)) return "none";
  std::vector<std::string> lines;
  for (const MatrixProperties& entry :
       list_properties<MatrixProperties>(device.impl().instance.get(), device.impl().physical,
                                         "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR")) {
    lines.push_back(fmt::format("{}x{}x{} {} x {} -> {}{}", entry.m, entry.n, entry.k,
                                type_name(entry.a_type), type_name(entry.b_type),
                                type_name(entry.result_type),
                                entry.scope == kScopeSubgroup ? "" : " (not of a subgroup)"));
  }
  return lines.empty() ? "none" : fmt::format("{}", fmt::join(lines, ", "));
}

std::string workgroup_matrices(const DeviceLimits& limits) {
  const MatrixShape& shape = limits.workgroup_matrix;
  if (shape.m == 0) return "none";
  return fmt::format("multiples of {}x{}x{} f16 x f16 -> f32, {} lanes", shape.m, shape.n, shape.k,
                     limits.workgroup_matrix_lanes);
}

}  // namespace

std::vector<DeviceFact> device_facts(Device& device) {
  const DeviceLimits& limits = device.limits();
  return {
      {"subgroup", fmt::format("{} lanes{}", limits.subgroup_size,
                               limits.subgroup_shuffle ? ", with shuffles" : "")},
      {"processors", limits.processors > 0 ? std::to_string(limits.processors) : "not told"},
      {"shared_memory", fmt::format("{} bytes a workgroup", limits.shared_memory_bytes)},
      {"addresses", limits.addresses ? "yes" : "no"},
      {"texels", limits.texels_are_faster ? "faster than addresses" : "not used"},
      {"integer_dots", limits.fast_byte_dots ? "by an instruction"
                       : limits.byte_dots    ? "not accelerated"
                                             : "none"},
      {"cooperative_matrices", matrices(device)},
      {"workgroup_matrices", workgroup_matrices(limits)},
  };
}

}  // namespace fovea::compute
