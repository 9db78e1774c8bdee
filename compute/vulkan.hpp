// SPDX-License-Identifier: Apache-2.0
#pragma once
// The only door to Vulkan: no other file includes <vulkan/vulkan.h>.

#include <string_view>
#include <utility>

#include <vulkan/vulkan.h>

namespace fovea::compute::vk {

/// Throws GpuError (OutOfMemory where that is it) unless `result` is VK_SUCCESS. `doing` completes
/// the sentence "Vulkan failed to ...": check(vkCreateQueryPool(...), "make a query pool").
void check(VkResult result, std::string_view doing);
std::string_view to_string(VkResult result);

/// Owns one Vulkan object. Wrap the raw handle on the line that creates it:
/// there is then no path, error or not, on which it leaks.
template <class T, auto destroy>
class Handle {
 public:
  Handle() = default;
  Handle(VkDevice device, T handle) noexcept : device_(device), handle_(handle) {}
  Handle(Handle&& other) noexcept
      : device_(other.device_), handle_(std::exchange(other.handle_, T{})) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(handle_, other.handle_);
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (handle_ != T{}) destroy(device_, handle_, nullptr);
  }

  T get() const noexcept { return handle_; }

 private:
  VkDevice device_ = VK_NULL_HANDLE;
  T handle_{};
};

using BufferHandle = Handle<VkBuffer, vkDestroyBuffer>;
using BufferViewHandle = Handle<VkBufferView, vkDestroyBufferView>;
using MemoryHandle = Handle<VkDeviceMemory, vkFreeMemory>;
using PipelineHandle = Handle<VkPipeline, vkDestroyPipeline>;
using PipelineCacheHandle = Handle<VkPipelineCache, vkDestroyPipelineCache>;
using PipelineLayoutHandle = Handle<VkPipelineLayout, vkDestroyPipelineLayout>;
using SetLayoutHandle = Handle<VkDescriptorSetLayout, vkDestroyDescriptorSetLayout>;
using DescriptorPoolHandle = Handle<VkDescriptorPool, vkDestroyDescriptorPool>;
using ShaderModuleHandle = Handle<VkShaderModule, vkDestroyShaderModule>;
using CommandPoolHandle = Handle<VkCommandPool, vkDestroyCommandPool>;
using SemaphoreHandle = Handle<VkSemaphore, vkDestroySemaphore>;
using QueryPoolHandle = Handle<VkQueryPool, vkDestroyQueryPool>;

/// Owns the instance, and with it the validation messenger where there is one.
class Instance {
 public:
  Instance() = default;
  explicit Instance(VkInstance instance) noexcept : instance_(instance) {}
  Instance(Instance&& other) noexcept
      : instance_(std::exchange(other.instance_, VK_NULL_HANDLE)),
        messenger_(std::exchange(other.messenger_, VK_NULL_HANDLE)) {}
  Instance& operator=(Instance&& other) noexcept {
    std::swap(instance_, other.instance_);
    std::swap(messenger_, other.messenger_);
    return *this;
  }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  VkInstance get() const noexcept { return instance_; }
  /// Validation messages go to the callback in `info` until destruction.
  void listen(const VkDebugUtilsMessengerCreateInfoEXT& info);

 private:
  VkInstance instance_ = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
};

/// Owns the logical device.
class LogicalDevice {
 public:
  LogicalDevice() = default;
  explicit LogicalDevice(VkDevice device) noexcept : device_(device) {}
  LogicalDevice(const LogicalDevice&) = delete;
  LogicalDevice& operator=(LogicalDevice&& other) noexcept {
    std::swap(device_, other.device_);
    return *this;
  }
  ~LogicalDevice() {
    if (device_ != VK_NULL_HANDLE) vkDestroyDevice(device_, nullptr);
  }
  VkDevice get() const noexcept { return device_; }

 private:
  VkDevice device_ = VK_NULL_HANDLE;
};

}  // namespace fovea::compute::vk
