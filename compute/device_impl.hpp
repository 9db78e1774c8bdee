// SPDX-License-Identifier: Apache-2.0
#pragma once
// The Vulkan side of Device, Buffer and Kernel. For compute/*.cpp only.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "compute/buffer.hpp"
#include "compute/device.hpp"
#include "compute/fft_plan.hpp"
#include "compute/kernel.hpp"
#include "compute/queue.hpp"
#include "compute/tuning.hpp"
#include "compute/vulkan.hpp"

namespace fovea::shaders {
struct Shader;
}

namespace fovea::compute {

/// Validation messages, filled from whatever thread the layer calls on.
struct MessageLog {
  std::mutex mutex;
  std::vector<std::string> messages;
};

/// A physical device and what was learnt of it.
struct Candidate {
  VkPhysicalDevice handle = VK_NULL_HANDLE;
  DeviceInfo info;
  std::uint32_t queue_family = 0;
  std::uint32_t transfer_family = 0;  // queue_family where no other only copies
};

/// Throws GpuError when `validate` is asked for and the layer is not installed. The
/// instance is empty when no driver is installed.
vk::Instance make_instance(bool validate, MessageLog* log);
std::vector<Candidate> find_candidates(VkInstance instance);

struct Choice {
  const Candidate* candidate = nullptr;
  std::string sentence;  // Device::choice()
};
/// Throws DeviceError listing all candidates when none fits `request`.
Choice choose(const std::vector<Candidate>& candidates, const std::string& request);

struct Device::Impl {
  MessageLog log;  // before the instance: the messenger writes here until it is gone
  vk::Instance instance;
  VkPhysicalDevice physical = VK_NULL_HANDLE;
  VkPhysicalDeviceMemoryProperties memory{};
  DeviceInfo info;
  DeviceLimits limits;
  std::string choice;
  std::filesystem::path cache_file, tuning_file;  // empty: none kept
  CacheKey cache_key;
  Tuning tuning;
  double tune_seconds = 0;
  double timestamp_ns = 0;  // per tick; 0: no timestamps
  bool require_subgroup_size = false;

  vk::LogicalDevice logical;
  std::uint32_t queue_family = 0, transfer_family = 0;
  std::mutex queue_mutex, transfer_mutex;
  /// `transfer` brings inputs in. Where no family only copies it is the same Vulkan queue.
  std::optional<Queue> queue, transfer;
  std::mutex command_pool_mutex;
  vk::CommandPoolHandle command_pool;
  vk::PipelineCacheHandle pipeline_cache;
  std::unique_ptr<KernelCache> kernels;
  std::unique_ptr<FftPlans> fft;

  std::atomic<std::uint64_t> memory_in_use_bytes{0}, memory_peak_bytes{0};

  VkDevice get() const noexcept { return logical.get(); }
  void open_queues();
  /// Records with `record`, submits, waits. For uploads, not for frames. Thread-safe.
  void run_once(const std::function<void(VkCommandBuffer)>& record);
};

struct Buffer::Impl {
  std::string name;
  std::size_t size_bytes = 0;
  std::byte* mapped = nullptr;
  Device::Impl* device = nullptr;
  std::uint64_t allocated_bytes = 0;
  std::uint64_t address = 0;  // 0 where the device has none (DeviceLimits::addresses)
  vk::MemoryHandle memory;
  vk::BufferHandle buffer;

  ~Impl() { device->memory_in_use_bytes -= allocated_bytes; }
};

/// Of what is bound.
inline VkDescriptorType descriptor_type(BindingKind kind) noexcept {
  return kind == BindingKind::buffer ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
                                     : VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER;
}

struct Kernel::Impl {
  std::string name;
  KernelContract contract;
  const shaders::Shader* shader = nullptr;
  std::vector<std::uint32_t> constants;
  vk::SetLayoutHandle set_layout;
  vk::PipelineLayoutHandle layout;
  std::once_flag compiled;
  vk::PipelineHandle pipeline;  // once compiled
};

}  // namespace fovea::compute
