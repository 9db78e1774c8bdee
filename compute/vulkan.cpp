// SPDX-License-Identifier: Apache-2.0
#include "compute/vulkan.hpp"

#include <string>

#include <fmt/format.h>

#include "compute/error.hpp"

namespace fovea::compute::vk {

std::string_view to_string(VkResult result) {
  switch (result) {
    case VK_SUCCESS:
      return "VK_SUCCESS";
    case VK_TIMEOUT:
      return "VK_TIMEOUT";
    case VK_ERROR_OUT_OF_HOST_MEMORY:
      return "VK_ERROR_OUT_OF_HOST_MEMORY";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
      return "VK_ERROR_OUT_OF_DEVICE_MEMORY";
    case VK_ERROR_INITIALIZATION_FAILED:
      return "VK_ERROR_INITIALIZATION_FAILED";
    case VK_ERROR_DEVICE_LOST:
      return "VK_ERROR_DEVICE_LOST";
    case VK_ERROR_LAYER_NOT_PRESENT:
      return "VK_ERROR_LAYER_NOT_PRESENT";
    case VK_ERROR_EXTENSION_NOT_PRESENT:
      return "VK_ERROR_EXTENSION_NOT_PRESENT";
    case VK_ERROR_FEATURE_NOT_PRESENT:
      return "VK_ERROR_FEATURE_NOT_PRESENT";
    case VK_ERROR_INCOMPATIBLE_DRIVER:
      return "VK_ERROR_INCOMPATIBLE_DRIVER";
    default:
      return "VkResult";
  }
}

namespace {

std::string_view advice(VkResult result) {
  switch (result) {
    case VK_ERROR_DEVICE_LOST:
      return "run again with a smaller --batch; if it recurs, update the driver or take another "
             "--device (fovea doctor lists them)";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    case VK_ERROR_OUT_OF_HOST_MEMORY:
      return "use a smaller --batch, --precision fp16, or a device with more memory";
    default:
      return "run `fovea doctor` and check the driver";
  }
}

}  // namespace

void check(VkResult result, std::string_view doing) {
  if (result == VK_SUCCESS) return;
  const std::string what = fmt::format("Vulkan failed to {}", doing);
  const std::string where = fmt::format("{} ({})", to_string(result), static_cast<int>(result));
  const std::string fix(advice(result));
  if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY) {
    throw OutOfMemory(what, where, fix);
  }
  throw GpuError(what, where, fix);
}

void Instance::listen(const VkDebugUtilsMessengerCreateInfoEXT& info) {
  const auto create = reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(
      vkGetInstanceProcAddr(instance_, "vkCreateDebugUtilsMessengerEXT"));
  check(create(instance_, &info, nullptr, &messenger_), "listen to the validation layer");
}

Instance::~Instance() {
  if (messenger_ != VK_NULL_HANDLE) {
    const auto destroy = reinterpret_cast<PFN_vkDestroyDebugUtilsMessengerEXT>(
        vkGetInstanceProcAddr(instance_, "vkDestroyDebugUtilsMessengerEXT"));
    destroy(instance_, messenger_, nullptr);
  }
  if (instance_ != VK_NULL_HANDLE) vkDestroyInstance(instance_, nullptr);
}

}  // namespace fovea::compute::vk
