// SPDX-License-Identifier: Apache-2.0
#include "compute/buffer.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "compute/device_impl.hpp"
#include "compute/error.hpp"

namespace fovea::compute {
namespace {

constexpr VkMemoryPropertyFlags kLocal = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
constexpr VkMemoryPropertyFlags kMappable =
    VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
constexpr VkMemoryPropertyFlags kCached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;

/// What each kind of memory should be, best first.
std::array<VkMemoryPropertyFlags, 3> wishes(MemoryKind kind, const DeviceLimits& limits) {
  switch (kind) {
    case MemoryKind::device:
      return limits.unified_memory
                 ? std::array{kLocal | kMappable, kLocal, VkMemoryPropertyFlags{0}}
                 : std::array{kLocal, VkMemoryPropertyFlags{0}, VkMemoryPropertyFlags{0}};
    case MemoryKind::upload:
      return limits.staged_io ? std::array{kMappable, kMappable, kMappable}
                              : std::array{kLocal | kMappable, kMappable, kMappable};
    case MemoryKind::download:
      return {kMappable | kCached, kMappable, kMappable};
  }
  return {};
}

std::uint32_t memory_type(const Device::Impl& device, MemoryKind kind, std::uint32_t allowed,
                          const std::string& name) {
  for (const VkMemoryPropertyFlags wish : wishes(kind, device.limits)) {
    for (std::uint32_t i = 0; i < device.memory.memoryTypeCount; ++i) {
      const bool fits = (device.memory.memoryTypes[i].propertyFlags & wish) == wish;
      if (fits && (allowed & (1u << i))) return i;
    }
  }
  throw GpuError(fmt::format("the device has no memory that fits buffer '{}'", name),
                 device.info.name, "choose another --device");
}

void note_allocation(Device::Impl& device, std::uint64_t bytes) {
  const std::uint64_t now = device.memory_in_use_bytes += bytes;
  std::uint64_t peak = device.memory_peak_bytes;
  while (now > peak && !device.memory_peak_bytes.compare_exchange_weak(peak, now)) {
  }
}

}  // namespace

Buffer::Buffer(Device& device, std::string name, std::size_t size_bytes, MemoryKind kind)
    : impl_(std::make_unique<Impl>()) {
  Device::Impl& owner = device.impl();
  impl_->name = std::move(name);
  impl_->size_bytes = size_bytes;
  impl_->device = &owner;

  VkBufferCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
  info.size = size_bytes;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
               VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  if (owner.limits.addresses) info.usage |= VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
  if (owner.limits.max_texels > 0) info.usage |= VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT;
  const std::array families{owner.queue_family, owner.transfer_family};
  if (kind == MemoryKind::device && families[0] != families[1]) {
    // Written by the queue that copies, read by the one that computes.
    info.sharingMode = VK_SHARING_MODE_CONCURRENT;
    info.queueFamilyIndexCount = static_cast<std::uint32_t>(families.size());
    info.pQueueFamilyIndices = families.data();
  }
  VkBuffer buffer = VK_NULL_HANDLE;
  vk::check(vkCreateBuffer(owner.get(), &info, nullptr, &buffer),
            fmt::format("create buffer '{}'", impl_->name));
  impl_->buffer = {owner.get(), buffer};

  VkMemoryRequirements needs{};
  vkGetBufferMemoryRequirements(owner.get(), buffer, &needs);
  VkMemoryAllocateFlagsInfo flags_info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO};
  flags_info.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
  VkMemoryAllocateInfo allocate{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
  if (owner.limits.addresses) allocate.pNext = &flags_info;
  allocate.allocationSize = needs.size;
  allocate.memoryTypeIndex = memory_type(owner, kind, needs.memoryTypeBits, impl_->name);
  VkDeviceMemory memory = VK_NULL_HANDLE;
  vk::check(vkAllocateMemory(owner.get(), &allocate, nullptr, &memory),
            fmt::format("allocate {} MiB for '{}'", needs.size >> 20, impl_->name));
  impl_->memory = {owner.get(), memory};
  impl_->allocated_bytes = needs.size;
  note_allocation(owner, needs.size);
  vk::check(vkBindBufferMemory(owner.get(), buffer, memory, 0), "bind memory");
  if (owner.limits.addresses) {
    VkBufferDeviceAddressInfo address{VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO};
    address.buffer = buffer;
    impl_->address = vkGetBufferDeviceAddress(owner.get(), &address);
  }

  const auto flags = owner.memory.memoryTypes[allocate.memoryTypeIndex].propertyFlags;
  const bool for_host = kind != MemoryKind::device || owner.limits.unified_memory;
  if (for_host && (flags & kMappable) == kMappable) {
    void* mapped = nullptr;
    vk::check(vkMapMemory(owner.get(), memory, 0, VK_WHOLE_SIZE, 0, &mapped), "map memory");
    impl_->mapped = static_cast<std::byte*>(mapped);
  }
}

Buffer::~Buffer() = default;
Buffer::Buffer(Buffer&&) noexcept = default;
Buffer& Buffer::operator=(Buffer&&) noexcept = default;

const std::string& Buffer::name() const noexcept { return impl_->name; }
std::size_t Buffer::size_bytes() const noexcept { return impl_->size_bytes; }
std::span<std::byte> Buffer::host() noexcept {
  if (impl_->mapped == nullptr) return {};
  return {impl_->mapped, impl_->size_bytes};
}

ConstantStore::ConstantStore(Device& device) : device_(device) {}

BufferSlice ConstantStore::add(const std::string& name, std::span<const std::byte> bytes) {
  const DeviceLimits& limits = device_.limits();
  const std::size_t size = std::max<std::size_t>(4, (bytes.size() + 3) / 4 * 4);
  if (size > limits.max_storage_range_bytes) {
    throw GpuError(fmt::format("tensor '{}' has {} bytes, the device binds at most {} at once",
                               name, size, limits.max_storage_range_bytes),
                   device_.info().name, "use --precision fp16, a smaller model or another device");
  }
  const BufferSlice slice = place(name, size);
  upload(slice, bytes);
  return slice;
}

BufferSlice ConstantStore::place(const std::string& name, std::size_t size_bytes) {
  // A block is a compromise between bytes left over at its end and buffers in all.
  constexpr std::size_t kBlockBytes = std::size_t{1} << 20, kLargeBytes = kBlockBytes / 8;
  const std::lock_guard lock(mutex_);
  used_bytes_ += size_bytes;
  if (size_bytes >= kLargeBytes) {
    return {&buffers_.emplace_back(device_, name, size_bytes, MemoryKind::device), 0, size_bytes};
  }
  const std::size_t alignment = device_.limits().storage_offset_alignment;
  std::size_t start = (block_fill_bytes_ + alignment - 1) / alignment * alignment;
  if (block_ == nullptr || start + size_bytes > block_->size_bytes()) {
    block_ = &buffers_.emplace_back(device_, fmt::format("constants {}", buffers_.size()),
                                    kBlockBytes, MemoryKind::device);
    start = 0;
  }
  block_fill_bytes_ = start + size_bytes;
  return {block_, start, size_bytes};
}

void ConstantStore::upload(const BufferSlice& to, std::span<const std::byte> bytes) {
  std::byte* const mapped = to.buffer->impl().mapped;
  if (mapped != nullptr) {
    std::memcpy(mapped + to.offset_bytes, bytes.data(), bytes.size());
    return;
  }
  Buffer staging(device_, "staging", to.size_bytes, MemoryKind::upload);
  std::memcpy(staging.host().data(), bytes.data(), bytes.size());
  device_.impl().run_once([&](VkCommandBuffer commands) {
    const VkBufferCopy region{0, to.offset_bytes, to.size_bytes};
    vkCmdCopyBuffer(commands, staging.impl().buffer.get(), to.buffer->impl().buffer.get(), 1,
                    &region);
  });
}

}  // namespace fovea::compute
