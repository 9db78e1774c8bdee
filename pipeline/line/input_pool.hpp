// SPDX-License-Identifier: Apache-2.0
#pragma once
// Memory for prepared pictures, used again and again: after the line has filled up,
// no picture allocates any. Thread rule: any thread may take and give back.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace fovea::pipeline {

class InputPool;

/// Room for one picture's model input; goes back to its pool when it dies.
class InputBuffer {
 public:
  InputBuffer() = default;
  InputBuffer(InputPool* pool, std::unique_ptr<std::uint8_t[]> bytes, std::size_t count)
      : pool_(pool), bytes_(std::move(bytes)), count_(count) {}
  InputBuffer(InputBuffer&& other) noexcept = default;
  InputBuffer& operator=(InputBuffer&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(bytes_, other.bytes_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~InputBuffer();

  std::span<std::uint8_t> bytes() noexcept { return {bytes_.get(), count_}; }

 private:
  InputPool* pool_ = nullptr;
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t count_ = 0;
};

/// Outlives its buffers. Never blocks: the queues bound how many are out at once.
class InputPool {
 public:
  /// Buffers of `count` bytes each.
  explicit InputPool(std::size_t count) : count_(count) {}

  InputBuffer take() {
    {
      std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto bytes = std::move(idle_.back());
        idle_.pop_back();
        return {this, std::move(bytes), count_};
      }
      ++allocated_;
    }
    return {this, std::make_unique_for_overwrite<std::uint8_t[]>(count_), count_};
  }

  void give_back(std::unique_ptr<std::uint8_t[]> bytes) {
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(bytes));
  }

  /// How many buffers were ever made.
  std::size_t allocated() const {
    std::lock_guard lock(mutex_);
    return allocated_;
  }

 private:
  const std::size_t count_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<std::uint8_t[]>> idle_;
  std::size_t allocated_ = 0;
};

inline InputBuffer::~InputBuffer() {
  if (bytes_) pool_->give_back(std::move(bytes_));
}

}  // namespace fovea::pipeline
