// SPDX-License-Identifier: Apache-2.0
#include "compute/features.hpp"

#include <algorithm>
#include <cstring>
#include <thread>

#include "compute/matrix_properties.hpp"

namespace fovea::compute {
namespace {

constexpr const char* kMatrix2 = "VK_NV_cooperative_matrix2";
constexpr const char* kDots = VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME;

/// Both factors, and both summands, of one VkComponentTypeKHR each.
struct MatrixTypes {
  std::uint32_t factor, sum;
};
constexpr MatrixTypes kHalves{0, 1};  // f16, f32
constexpr MatrixTypes kBytes{3, 5};   // s8, s32

template <class Properties>
bool has_types(const Properties& entry, MatrixTypes types, std::uint32_t scope) {
  return entry.a_type == types.factor && entry.b_type == types.factor &&
         entry.c_type == types.sum && entry.result_type == types.sum && entry.scope == scope &&
         !entry.saturates;
}

/// The shape that does most at once of those with sides of 8 and 16, and depths to `max_depth`,
/// which the kernels' tiles are multiples of.
MatrixShape choose_shape(const std::vector<MatrixProperties>& entries, MatrixTypes types,
                         std::uint32_t max_depth) {
  MatrixShape best;
  for (const MatrixProperties& entry : entries) {
    if (!has_types(entry, types, kScopeSubgroup)) continue;
    const auto fits = [](std::uint32_t side, std::uint32_t most) {
      return (side == 8 || side == 16 || side == 32) && side <= most;
    };
    if (!fits(entry.m, 16) || !fits(entry.n, 16) || !fits(entry.k, max_depth)) continue;
    const MatrixShape shape{entry.m, entry.n, entry.k};
    if (shape.m * shape.n * shape.k > best.m * best.n * best.k) best = shape;
  }
  return best;
}

/// Streaming multiprocessors, compute units or processor threads; 0 where nothing tells.
std::uint32_t count_processors(VkPhysicalDevice device) {
  VkPhysicalDeviceShaderSMBuiltinsPropertiesNV nvidia{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SM_BUILTINS_PROPERTIES_NV};
  VkPhysicalDeviceShaderCorePropertiesAMD amd{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_CORE_PROPERTIES_AMD};
  VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2};
  const bool is_nvidia = has_extension(device, VK_NV_SHADER_SM_BUILTINS_EXTENSION_NAME);
  const bool is_amd = has_extension(device, VK_AMD_SHADER_CORE_PROPERTIES_EXTENSION_NAME);
  if (is_nvidia) properties.pNext = &nvidia;
  if (is_amd) properties.pNext = &amd;
  vkGetPhysicalDeviceProperties2(device, &properties);
  if (is_nvidia) return nvidia.shaderSMCount;
  if (is_amd) {
    return amd.shaderEngineCount * amd.shaderArraysPerEngineCount * amd.computeUnitsPerShaderArray;
  }
  const bool software = properties.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  return software ? std::thread::hardware_concurrency() : 0;
}

bool has_fast_dots(VkPhysicalDevice device) {
  VkPhysicalDeviceShaderIntegerDotProductProperties dots{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_PROPERTIES};
  VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &dots};
  vkGetPhysicalDeviceProperties2(device, &properties);
  return dots.integerDotProduct4x8BitPackedSignedAccelerated == VK_TRUE;
}

}  // namespace

bool has_extension(VkPhysicalDevice device, const char* wanted) {
  std::uint32_t count = 0;
  vkEnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> extensions(count);
  vkEnumerateDeviceExtensionProperties(device, nullptr, &count, extensions.data());
  return std::any_of(extensions.begin(), extensions.end(), [&](const VkExtensionProperties& e) {
    return std::strcmp(e.extensionName, wanted) == 0;
  });
}

OptionalFeatures::OptionalFeatures(VkInstance instance, VkPhysicalDevice device) {
  const bool has_matrix = has_extension(device, kMatrix);
  VkPhysicalDeviceProperties basic{};
  vkGetPhysicalDeviceProperties(device, &basic);
  // The second extension's SPIR-V is that of Vulkan 1.3.
  const bool has_matrix2 =
      has_matrix && has_extension(device, kMatrix2) && basic.apiVersion >= VK_API_VERSION_1_3;
  basic_.pNext = &vulkan11_;
  vulkan11_.pNext = &vulkan12_;
  if (has_matrix) vulkan12_.pNext = &matrix_;
  if (has_matrix2) matrix_.pNext = &matrix2_;
  const bool has_dots = has_extension(device, kDots);
  if (has_dots) {
    dots_.pNext = basic_.pNext;
    basic_.pNext = &dots_;
  }
  vkGetPhysicalDeviceFeatures2(device, &basic_);
  fast_dots_ = dots_.shaderIntegerDotProduct && has_fast_dots(device);
  processors_ = count_processors(device);
  addresses_ = vulkan12_.bufferDeviceAddress && basic_.features.shaderInt64;

  // The kernels convert while they load, so small types live in matrices and registers; the
  // SPIR-V of a matrix needs the Vulkan memory model.
  if (!matrix_.cooperativeMatrix || !vulkan12_.vulkanMemoryModel) return;
  const auto shapes = list_properties<MatrixProperties>(
      instance, device, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
  if (vulkan12_.shaderInt8) byte_shape_ = choose_shape(shapes, kBytes, 32);
  if (!vulkan12_.shaderFloat16 || !vulkan11_.storageBuffer16BitAccess) return;
  matrix_shape_ = choose_shape(shapes, kHalves, 16);

  const bool whole = matrix2_.workgroupScope && matrix2_.flexibleDimensions &&
                     matrix2_.perElementOperations && matrix2_.tensorAddressing &&
                     matrix2_.blockLoads && vulkan12_.bufferDeviceAddress;
  if (!whole || matrix_shape_.m == 0) return;
  // 128 x 128 tiles keep 256 lanes busy; fewer lanes hold too many registers each.
  for (const FlexibleProperties& entry : list_properties<FlexibleProperties>(
           instance, device,
           "vkGetPhysicalDeviceCooperativeMatrixFlexibleDimensionsPropertiesNV")) {
    if (!has_types(entry, kHalves, kScopeWorkgroup) || entry.workgroup_lanes > 256) continue;
    if (64 % entry.m != 0 || 64 % entry.n != 0 || 64 % entry.k != 0) continue;
    if (entry.workgroup_lanes <= workgroup_lanes_) continue;
    workgroup_lanes_ = entry.workgroup_lanes;
    workgroup_shape_ = {entry.m, entry.n, entry.k};
  }
}

void OptionalFeatures::describe(DeviceLimits& limits) const {
  limits.processors = processors_;
  limits.addresses = addresses_;
  limits.byte_dots = dots_.shaderIntegerDotProduct == VK_TRUE;
  limits.fast_byte_dots = fast_dots_;
  limits.matrix = matrix_shape_;
  limits.byte_matrix = byte_shape_;
  limits.workgroup_matrix = workgroup_shape_;
  limits.workgroup_matrix_lanes = workgroup_lanes_;
}

void* OptionalFeatures::enable(std::vector<const char*>& extensions, void* next) {
  if (dots_.shaderIntegerDotProduct) {
    extensions.push_back(kDots);
    dots_.pNext = next;
    next = &dots_;
  }
  const bool halves = matrix_shape_.m != 0, bytes = byte_shape_.m != 0;
  const bool matrix = halves || bytes, second = workgroup_shape_.m != 0;
  if (matrix) extensions.push_back(kMatrix);
  if (second) extensions.push_back(kMatrix2);
  const VkPhysicalDeviceVulkan12Features offered = vulkan12_;
  basic_ = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &vulkan11_, {}};
  basic_.features.shaderInt64 = addresses_;
  vulkan11_ = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES, &vulkan12_};
  vulkan11_.storageBuffer16BitAccess = halves;
  vulkan12_ = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES, matrix ? &matrix_ : next};
  vulkan12_.timelineSemaphore = VK_TRUE;  // every Vulkan 1.2 device has them
  vulkan12_.bufferDeviceAddress = addresses_ || second;
  vulkan12_.shaderFloat16 = halves;
  vulkan12_.shaderInt8 = bytes;
  vulkan12_.vulkanMemoryModel = matrix;
  vulkan12_.vulkanMemoryModelDeviceScope = matrix && offered.vulkanMemoryModelDeviceScope;
  matrix_.robustBufferAccess = VK_FALSE;
  matrix_.pNext = second ? &matrix2_ : next;
  matrix2_.reductions = matrix2_.conversions = VK_FALSE;
  matrix2_.pNext = next;
  return &basic_;
}

}  // namespace fovea::compute
