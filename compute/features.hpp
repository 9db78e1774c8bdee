// SPDX-License-Identifier: Apache-2.0
#pragma once
// Optional features of a physical device that kernels can be chosen by, and the structures
// that switch them on. For compute/device.cpp only. The extensions' structures are declared
// here because the oldest headers Fovea builds with do not know them.

#include <vector>

#include "compute/device.hpp"
#include "compute/vulkan.hpp"

namespace fovea::compute {

struct CooperativeMatrixFeatures {  // VkPhysicalDeviceCooperativeMatrixFeaturesKHR
  VkStructureType sType = static_cast<VkStructureType>(1000506000);
  void* pNext = nullptr;
  VkBool32 cooperativeMatrix = VK_FALSE, robustBufferAccess = VK_FALSE;
};

struct CooperativeMatrix2Features {  // VkPhysicalDeviceCooperativeMatrix2FeaturesNV
  VkStructureType sType = static_cast<VkStructureType>(1000593000);
  void* pNext = nullptr;
  VkBool32 workgroupScope = VK_FALSE, flexibleDimensions = VK_FALSE, reductions = VK_FALSE,
           conversions = VK_FALSE, perElementOperations = VK_FALSE, tensorAddressing = VK_FALSE,
           blockLoads = VK_FALSE;
};

/// What of it a device offers; then, put before VkDeviceCreateInfo, what is switched on.
class OptionalFeatures {
 public:
  /// Asks `device` and keeps what Fovea's kernels can use.
  OptionalFeatures(VkInstance instance, VkPhysicalDevice device);
  OptionalFeatures(const OptionalFeatures&) = delete;
  OptionalFeatures& operator=(const OptionalFeatures&) = delete;

  /// Writes matrix shapes, the number of processors and whether addresses and products of bytes
  /// work into `limits`.
  void describe(DeviceLimits& limits) const;
  /// Names the extensions to enable and gives the chain to put before `next`.
  void* enable(std::vector<const char*>& extensions, void* next);

 private:
  VkPhysicalDeviceFeatures2 basic_{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2};
  VkPhysicalDeviceVulkan11Features vulkan11_{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES};
  VkPhysicalDeviceVulkan12Features vulkan12_{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES};
  VkPhysicalDeviceShaderIntegerDotProductFeatures dots_{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES};
  CooperativeMatrixFeatures matrix_;
  CooperativeMatrix2Features matrix2_;
  MatrixShape matrix_shape_, workgroup_shape_, byte_shape_;
  std::uint32_t workgroup_lanes_ = 0, processors_ = 0;
  bool addresses_ = false, fast_dots_ = false;
};

/// Does the device list `wanted` among its extensions?
bool has_extension(VkPhysicalDevice device, const char* wanted);

}  // namespace fovea::compute
