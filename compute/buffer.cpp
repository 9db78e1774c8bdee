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
std::array<VkMemoryPropertyFlags, 3> wishes(MemoryKind kind, bool unified) {
  switch (kind) {
    case MemoryKind::device:
      return unified ? std::array{kLocal | kMappable, kLocal, VkMemoryPropertyFlags{0}}
                     : std::array{kLocal, VkMemoryPropertyFlags{0}, VkMemoryPropertyFlags{0}};
    case MemoryKind::upload:
      return {kLocal | kMappable, kMappable, kMappable};
    case MemoryKind::download:
      return {kMappable | kCached, kMappable, kMappable};
  }
  return {};
}

std::uint32_t memory_type(const Device::Impl& device, MemoryKind kind, std::uint32_t allowed,
                          const std::string& name) {
  for (const VkMemoryPropertyFlags wish : wishes(kind, device.limits.unified_memory)) {
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
  VkBuffer buffer = VK_NULL_HANDLE;
  vk::check(vkCreateBuffer(owner.get(), &info, nullptr, &buffer),
            fmt::format("create buffer '{}'", impl_->name));
  impl_->buffer = {owner.get(), buffer};

  VkMemoryRequirements needs{};
  vkGetBufferMemoryRequirements(owner.get(), buffer, &needs);
  VkMemoryAllocateInfo allocate{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
  allocate.allocationSize = needs.size;
  allocate.memoryTypeIndex = memory_type(owner, kind, needs.memoryTypeBits, impl_->name);
  VkDeviceMemory memory = VK_NULL_HANDLE;
  vk::check(vkAllocateMemory(owner.get(), &allocate, nullptr, &memory),
            fmt::format("allocate {} MiB for '{}'", needs.size >> 20, impl_->name));
  impl_->memory = {owner.get(), memory};
  impl_->allocated_bytes = needs.size;
  note_allocation(owner, needs.size);
  vk::check(vkBindBufferMemory(owner.get(), buffer, memory, 0), "bind memory");

  const auto flags = owner.memory.memoryTypes[allocate.memoryTypeIndex].propertyFlags;
  if ((flags & kMappable) == kMappable) {
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
  constexpr std::size_t kFirstBlockBytes = std::size_t{1} << 20, kLastBlockBytes = 64u << 20;
  const DeviceLimits& limits = device_.limits();
  const std::size_t size = std::max<std::size_t>(4, (bytes.size() + 3) / 4 * 4);
  if (size > limits.max_storage_range_bytes) {
    throw GpuError(fmt::format("tensor '{}' has {} bytes, the device binds at most {} at once",
                               name, size, limits.max_storage_range_bytes),
                   device_.info().name, "use --precision fp16, a smaller model or another device");
  }
  const std::size_t start = (block_fill_bytes_ + limits.storage_offset_alignment - 1) /
                            limits.storage_offset_alignment * limits.storage_offset_alignment;
  const bool fits = !blocks_.empty() && start + size <= blocks_.back().size_bytes();
  if (!fits) {
    const std::size_t block = std::min(kLastBlockBytes, kFirstBlockBytes << blocks_.size());
    blocks_.emplace_back(device_, fmt::format("constants {}", blocks_.size()),
                         std::max(block, size), MemoryKind::device);
  }
  const BufferSlice slice{&blocks_.back(), fits ? start : 0, size};
  upload(slice, bytes);
  block_fill_bytes_ = slice.offset_bytes + size;
  used_bytes_ += size;
  return slice;
}

void ConstantStore::upload(const BufferSlice& to, std::span<const std::byte> bytes) {
  Buffer& block = blocks_.back();
  if (!block.host().empty()) {
    std::memcpy(block.host().data() + to.offset_bytes, bytes.data(), bytes.size());
    return;
  }
  Buffer staging(device_, "staging", to.size_bytes, MemoryKind::upload);
  std::memcpy(staging.host().data(), bytes.data(), bytes.size());
  device_.impl().run_once([&](VkCommandBuffer commands) {
    const VkBufferCopy region{0, to.offset_bytes, to.size_bytes};
    vkCmdCopyBuffer(commands, staging.impl().buffer.get(), block.impl().buffer.get(), 1, &region);
  });
}

}  // namespace fovea::compute
