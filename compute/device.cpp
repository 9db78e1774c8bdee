// SPDX-License-Identifier: Apache-2.0
#include "compute/device.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "compute/device_impl.hpp"
#include "compute/error.hpp"
#include "compute/features.hpp"
#include "compute/pipeline_cache.hpp"

namespace fovea::compute {
namespace {

/// Everything about the physical device that decides limits and optional features.
struct Facts {
  VkPhysicalDeviceProperties basic{};
  VkPhysicalDeviceSubgroupProperties subgroup{};
  VkPhysicalDeviceSubgroupSizeControlProperties size_control{};
  bool has_size_control = false;
};

bool offers_size_control(VkPhysicalDevice device) {
  VkPhysicalDeviceSubgroupSizeControlFeatures control{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES};
  VkPhysicalDeviceFeatures2 features{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &control};
  vkGetPhysicalDeviceFeatures2(device, &features);
  return control.subgroupSizeControl && control.computeFullSubgroups;
}

Facts look_at(VkPhysicalDevice device) {
  Facts facts;
  facts.has_size_control = has_extension(device, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME) &&
                           offers_size_control(device);
  facts.size_control.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES;
  facts.subgroup.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES;
  if (facts.has_size_control) facts.subgroup.pNext = &facts.size_control;
  VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                         &facts.subgroup};
  vkGetPhysicalDeviceProperties2(device, &properties);
  facts.basic = properties.properties;
  facts.subgroup.pNext = nullptr;  // it pointed into this function's copy
  return facts;
}

/// Is every workgroup of subgroup_size lanes exactly one subgroup on this device?
bool size_can_be_required(const Facts& facts) {
  return facts.has_size_control &&
         (facts.size_control.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT);
}

/// Software devices have one fixed vector width; GPUs may choose another per pipeline.
bool size_is_fixed(const Facts& facts) {
  return facts.basic.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU ||
         (facts.has_size_control &&
          facts.size_control.minSubgroupSize == facts.size_control.maxSubgroupSize);
}

bool is_unified(const VkPhysicalDeviceMemoryProperties& memory, std::uint64_t local_heap_bytes) {
  constexpr VkMemoryPropertyFlags kWanted = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT |
                                            VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                            VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  for (std::uint32_t i = 0; i < memory.memoryTypeCount; ++i) {
    const VkMemoryType& type = memory.memoryTypes[i];
    if ((type.propertyFlags & kWanted) == kWanted &&
        memory.memoryHeaps[type.heapIndex].size == local_heap_bytes) {
      return true;
    }
  }
  return false;
}

/// Mesa's software device once loaded buffers lane by lane through memory, by address too: 22.3
/// does, 25.0 has gathers. What lies between is taken for the older, where texels lose less.
bool loads_lane_by_lane(const std::string& driver) {
  constexpr std::string_view kMesa = "Mesa ";
  constexpr int kSinceGathers = 25;
  const std::size_t at = driver.find(kMesa);
  return at != std::string::npos && std::atoi(driver.c_str() + at + kMesa.size()) < kSinceGathers;
}

DeviceLimits limits_of(const Facts& facts, const Device::Impl& impl, const DeviceOptions& options) {
  constexpr VkSubgroupFeatureFlags kShuffle = VK_SUBGROUP_FEATURE_BASIC_BIT |
                                              VK_SUBGROUP_FEATURE_SHUFFLE_BIT |
                                              VK_SUBGROUP_FEATURE_ARITHMETIC_BIT;
  const VkPhysicalDeviceLimits& vulkan = facts.basic.limits;
  DeviceLimits limits;
  limits.subgroup_size = facts.subgroup.subgroupSize;
  limits.subgroup_shuffle = (facts.subgroup.supportedOperations & kShuffle) == kShuffle &&
                            (facts.subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) &&
                            (size_can_be_required(facts) || size_is_fixed(facts));
  limits.max_workgroup_invocations = vulkan.maxComputeWorkGroupInvocations;
  limits.max_groups_x = vulkan.maxComputeWorkGroupCount[0];
  limits.shared_memory_bytes = vulkan.maxComputeSharedMemorySize;
  limits.max_storage_range_bytes = vulkan.maxStorageBufferRange;
  if (options.max_storage_range_bytes > 0) {
    limits.max_storage_range_bytes =
        std::min(limits.max_storage_range_bytes, options.max_storage_range_bytes);
  }
  limits.storage_offset_alignment =
      std::max<std::uint64_t>(16, vulkan.minStorageBufferOffsetAlignment);
  if (impl.info.kind == DeviceKind::software) {
    limits.max_texels = vulkan.maxTexelBufferElements;
    limits.texels_are_faster = impl.info.driver.starts_with("llvmpipe");
    limits.loads_lane_by_lane = limits.texels_are_faster && loads_lane_by_lane(impl.info.driver);
    limits.storage_offset_alignment =
        std::max(limits.storage_offset_alignment, vulkan.minTexelBufferOffsetAlignment);
  }
  limits.device_memory_bytes = impl.info.memory_bytes;
  limits.unified_memory =
      !options.pretend_discrete && is_unified(impl.memory, impl.info.memory_bytes);
  limits.staged_io = !limits.unified_memory || impl.info.kind == DeviceKind::discrete;
  return limits;
}

CacheKey cache_key(const VkPhysicalDeviceProperties& basic) {
  CacheKey key;
  key.vendor_id = basic.vendorID;
  key.device_id = basic.deviceID;
  key.driver_version = basic.driverVersion;
  std::memcpy(key.driver_uuid, basic.pipelineCacheUUID, sizeof key.driver_uuid);
  key.shader_hash = hash_of_all_shaders();
  return key;
}

VkDevice make_logical(const Device::Impl& impl, bool size_control, OptionalFeatures& optional) {
  const float priority = 1.0f;
  VkDeviceQueueCreateInfo queue{VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
  queue.queueFamilyIndex = impl.queue_family;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  std::vector<VkDeviceQueueCreateInfo> queues{queue};
  queue.queueFamilyIndex = impl.transfer_family;
  if (impl.transfer_family != impl.queue_family) queues.push_back(queue);
  std::vector<const char*> extensions;
  if (has_extension(impl.physical, "VK_KHR_portability_subset")) {
    extensions.push_back("VK_KHR_portability_subset");
  }
  VkPhysicalDeviceSubgroupSizeControlFeatures control{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES};
  control.subgroupSizeControl = VK_TRUE;
  control.computeFullSubgroups = VK_TRUE;
  if (size_control) extensions.push_back(VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME);

  VkDeviceCreateInfo info{VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO};
  info.pNext = optional.enable(extensions, size_control ? &control : nullptr);
  info.queueCreateInfoCount = static_cast<std::uint32_t>(queues.size());
  info.pQueueCreateInfos = queues.data();
  info.enabledExtensionCount = static_cast<std::uint32_t>(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();
  VkDevice device = VK_NULL_HANDLE;
  vk::check(vkCreateDevice(impl.physical, &info, nullptr, &device),
            fmt::format("open {}", impl.info.name));
  return device;
}

vk::PipelineCacheHandle make_pipeline_cache(VkDevice device, std::span<const std::byte> data) {
  VkPipelineCacheCreateInfo info{VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
  info.initialDataSize = data.size();
  info.pInitialData = data.data();
  VkPipelineCache cache = VK_NULL_HANDLE;
  vk::check(vkCreatePipelineCache(device, &info, nullptr, &cache), "make the pipeline cache");
  return {device, cache};
}

double timestamp_period_ns(VkPhysicalDevice device, std::uint32_t family,
                           const VkPhysicalDeviceLimits& limits) {
  std::uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families.data());
  return families[family].timestampValidBits > 0 ? static_cast<double>(limits.timestampPeriod) : 0;
}

}  // namespace

Device::Device(const DeviceOptions& options) : impl_(std::make_unique<Impl>()) {
  Impl& impl = *impl_;
  impl.instance = make_instance(options.validate, &impl.log);
  const std::vector<Candidate> candidates = find_candidates(impl.instance.get());
  const Choice choice = choose(candidates, options.request);
  impl.physical = choice.candidate->handle;
  impl.info = choice.candidate->info;
  impl.choice = choice.sentence;
  impl.queue_family = choice.candidate->queue_family;
  impl.transfer_family = choice.candidate->transfer_family;
  vkGetPhysicalDeviceMemoryProperties(impl.physical, &impl.memory);

  const Facts facts = look_at(impl.physical);
  impl.limits = limits_of(facts, impl, options);
  OptionalFeatures optional(impl.instance.get(), impl.physical);
  optional.describe(impl.limits);
  impl.require_subgroup_size = size_can_be_required(facts);
  impl.logical = vk::LogicalDevice(make_logical(impl, impl.require_subgroup_size, optional));
  impl.open_queues();
  impl.timestamp_ns = timestamp_period_ns(impl.physical, impl.queue_family, facts.basic.limits);

  VkCommandPoolCreateInfo pool{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
  pool.queueFamilyIndex = impl.queue_family;
  VkCommandPool commands = VK_NULL_HANDLE;
  vk::check(vkCreateCommandPool(impl.get(), &pool, nullptr, &commands), "make a command pool");
  impl.command_pool = {impl.get(), commands};

  std::vector<std::byte> cached;
  std::filesystem::path fft_file;
  impl.cache_key = cache_key(facts.basic);
  impl.tune_seconds = options.tune_seconds;
  if (!options.cache_dir.empty()) {
    impl.cache_file = options.cache_dir / fmt::format("pipelines-{}.bin", impl.info.uuid);
    cached = load_pipeline_cache(impl.cache_file, impl.cache_key);
    fft_file = options.cache_dir / fmt::format("fft-{}.bin", impl.info.uuid);
    impl.tuning_file = options.cache_dir / fmt::format("tuning-{}.txt", impl.info.uuid);
    if (options.tune_seconds > 0) impl.tuning = load_tuning(impl.tuning_file, impl.cache_key);
  }
  impl.pipeline_cache = make_pipeline_cache(impl.get(), cached);
  impl.kernels = std::make_unique<KernelCache>(*this);
  impl.fft = std::make_unique<FftPlans>(*this, std::move(fft_file), impl.cache_key);
}

Device::~Device() {
  if (impl_->logical.get() == VK_NULL_HANDLE) return;
  vkDeviceWaitIdle(impl_->get());
  save_pipeline_cache();
}

const DeviceInfo& Device::info() const noexcept { return impl_->info; }
const DeviceLimits& Device::limits() const noexcept { return impl_->limits; }
const std::string& Device::choice() const noexcept { return impl_->choice; }
std::uint64_t Device::memory_in_use_bytes() const noexcept { return impl_->memory_in_use_bytes; }
std::uint64_t Device::memory_peak_bytes() const noexcept { return impl_->memory_peak_bytes; }

void Device::wait_idle() { vk::check(vkDeviceWaitIdle(impl_->get()), "wait for the device"); }

bool Device::save_pipeline_cache() noexcept {
  if (impl_->cache_file.empty()) return false;
  try {
    impl_->fft->save();
    std::size_t size = 0;
    const VkPipelineCache cache = impl_->pipeline_cache.get();
    if (vkGetPipelineCacheData(impl_->get(), cache, &size, nullptr) != VK_SUCCESS) return false;
    std::vector<std::byte> data(size);
    if (vkGetPipelineCacheData(impl_->get(), cache, &size, data.data()) != VK_SUCCESS) return false;
    data.resize(size);
    if (load_pipeline_cache(impl_->cache_file, impl_->cache_key) == data) return true;
    return store_pipeline_cache(impl_->cache_file, impl_->cache_key, data);
  } catch (const std::exception&) {
    return false;
  }
}

Tuning& Device::tuning() noexcept { return impl_->tuning; }
const Tuning& Device::tuning() const noexcept { return impl_->tuning; }

double Device::tune_seconds() const noexcept { return impl_->tune_seconds; }

bool Device::save_tuning() noexcept {
  if (impl_->tuning_file.empty()) return false;
  try {
    // What other processes have measured meanwhile, or for other models, stays.
    Tuning all = load_tuning(impl_->tuning_file, impl_->cache_key);
    for (const auto& [step, plan] : impl_->tuning.plans()) all.set(step, plan);
    return store_tuning(impl_->tuning_file, impl_->cache_key, all);
  } catch (const std::exception&) {
    return false;
  }
}

std::vector<std::string> Device::validation_messages() const {
  const std::lock_guard lock(impl_->log.mutex);
  return impl_->log.messages;
}

void Device::Impl::open_queues() {
  VkQueue computes = VK_NULL_HANDLE, copies = VK_NULL_HANDLE;
  vkGetDeviceQueue(get(), queue_family, 0, &computes);
  vkGetDeviceQueue(get(), transfer_family, 0, &copies);
  queue.emplace(get(), computes, queue_mutex);
  transfer.emplace(get(), copies, copies == computes ? queue_mutex : transfer_mutex);
}

void Device::Impl::run_once(const std::function<void(VkCommandBuffer)>& record) {
  const std::lock_guard lock(command_pool_mutex);
  VkCommandBufferAllocateInfo allocate{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
  allocate.commandPool = command_pool.get();
  allocate.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  allocate.commandBufferCount = 1;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  vk::check(vkAllocateCommandBuffers(get(), &allocate, &commands), "make a command buffer");
  VkCommandBufferBeginInfo begin{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  vk::check(vkBeginCommandBuffer(commands, &begin), "begin recording");
  record(commands);
  vk::check(vkEndCommandBuffer(commands), "end recording");

  vk::check(wait_for(get(), queue->submit(commands), UINT64_MAX), "wait for an upload");
  vkFreeCommandBuffers(get(), command_pool.get(), 1, &commands);
}

}  // namespace fovea::compute
