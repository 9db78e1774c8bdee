// SPDX-License-Identifier: Apache-2.0
#pragma once
// What VK_KHR_cooperative_matrix and VK_NV_cooperative_matrix2 list of a device, declared here
// because the oldest headers Fovea builds with do not know them. For compute/*.cpp only.

#include <cstdint>
#include <vector>

#include "compute/vulkan.hpp"

namespace fovea::compute {

constexpr const char* kMatrix = "VK_KHR_cooperative_matrix";
constexpr std::uint32_t kScopeWorkgroup = 2, kScopeSubgroup = 3;  // VkScopeKHR

struct MatrixProperties {  // VkCooperativeMatrixPropertiesKHR
  VkStructureType sType = static_cast<VkStructureType>(1000506001);
  void* pNext = nullptr;
  std::uint32_t m = 0, n = 0, k = 0;
  std::uint32_t a_type = 0, b_type = 0, c_type = 0, result_type = 0;
  VkBool32 saturates = VK_FALSE;
  std::uint32_t scope = 0;
};

struct FlexibleProperties {  // VkCooperativeMatrixFlexibleDimensionsPropertiesNV
  VkStructureType sType = static_cast<VkStructureType>(1000593001);
  void* pNext = nullptr;
  std::uint32_t m = 0, n = 0, k = 0;  // multiples of these
  std::uint32_t a_type = 0, b_type = 0, c_type = 0, result_type = 0;
  VkBool32 saturates = VK_FALSE;
  std::uint32_t scope = 0;
  std::uint32_t workgroup_lanes = 0;
};

/// Every entry that the function `name` of an extension lists for `device`. Requires: the device
/// has the extension.
template <class Properties>
std::vector<Properties> list_properties(VkInstance instance, VkPhysicalDevice device,
                                        const char* name) {
  using List = VkResult(VKAPI_PTR*)(VkPhysicalDevice, std::uint32_t*, Properties*);
  const auto call = reinterpret_cast<List>(vkGetInstanceProcAddr(instance, name));
  std::uint32_t count = 0;
  if (call == nullptr || call(device, &count, nullptr) != VK_SUCCESS) return {};
  std::vector<Properties> entries(count);
  if (call(device, &count, entries.data()) != VK_SUCCESS) return {};
  entries.resize(count);
  return entries;
}

}  // namespace fovea::compute
