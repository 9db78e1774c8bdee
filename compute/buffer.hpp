// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bytes on the device, and the way in and out of them.

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>

namespace fovea::compute {

class Device;

/// `device` is fastest for kernels; `upload` and `download` stay mapped for the host,
/// `download` in memory the host reads fast.
enum class MemoryKind { device, upload, download };

/// Owns `size_bytes()` of memory for its whole life. Move-only.
class Buffer {
 public:
  /// `name` appears in errors, profiles and validation messages.
  /// Throws GpuError when the device has no memory left. Requires: size_bytes >= 1.
  Buffer(Device& device, std::string name, std::size_t size_bytes, MemoryKind kind);
  ~Buffer();
  Buffer(Buffer&&) noexcept;
  Buffer& operator=(Buffer&&) noexcept;

  const std::string& name() const noexcept;
  std::size_t size_bytes() const noexcept;
  /// The host's view, coherent. Empty when the memory is not mapped (a discrete GPU's own).
  std::span<std::byte> host() noexcept;

  struct Impl;
  Impl& impl() const noexcept { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// Part of a Buffer: `size_bytes` from `offset_bytes` on. Borrowed, cheap to copy.
struct BufferSlice {
  const Buffer* buffer = nullptr;
  std::size_t offset_bytes = 0;
  std::size_t size_bytes = 0;
};

/// Weights: bytes uploaded once, read by any number of Programs, never changed.
/// Packs small tensors into shared buffers, so that the driver's limit on allocations is far
/// away; a large one has a buffer of its own, so that no memory lies idle behind it. A slice
/// never crosses `max_storage_range_bytes`. Thread-safe.
class ConstantStore {
 public:
  explicit ConstantStore(Device& device);

  /// Copies `bytes` to the device. The slice stays valid for the store's life.
  /// Throws GpuError when `bytes` is larger than the device can bind at once.
  BufferSlice add(const std::string& name, std::span<const std::byte> bytes);
  /// Of all slices. Requires: no add() at the same time.
  std::size_t size_bytes() const noexcept { return used_bytes_; }

 private:
  BufferSlice place(const std::string& name, std::size_t size_bytes);
  void upload(const BufferSlice& to, std::span<const std::byte> bytes);

  Device& device_;
  std::mutex mutex_;
  std::deque<Buffer> buffers_;     // addresses stay
  const Buffer* block_ = nullptr;  // of them, the one that small tensors go to
  std::size_t block_fill_bytes_ = 0;
  std::size_t used_bytes_ = 0;
};

}  // namespace fovea::compute
