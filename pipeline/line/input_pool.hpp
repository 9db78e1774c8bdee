// SPDX-License-Identifier: Apache-2.0
#pragma once
// Memory for prepared pictures, used again and again: after the line has filled up,
// no picture allocates any. Thread rule: any thread may take and give back.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace fovea::pipeline {

class InputPool;

/// Memory and how much of it there is.
struct Bytes {
  std::unique_ptr<std::uint8_t[]> data;
  std::size_t capacity = 0;
};

/// Room for one picture's model input; goes back to its pool when it dies.
class InputBuffer {
 public:
  InputBuffer() = default;
  InputBuffer(InputPool* pool, Bytes bytes, std::size_t count)
      : pool_(pool), bytes_(std::move(bytes)), count_(count) {}
  InputBuffer(InputBuffer&& other) noexcept = default;
  InputBuffer& operator=(InputBuffer&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(bytes_, other.bytes_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~InputBuffer();

  std::span<std::uint8_t> bytes() noexcept { return {bytes_.data.get(), count_}; }

 private:
  InputPool* pool_ = nullptr;
  Bytes bytes_;
  std::size_t count_ = 0;
};

/// Outlives its buffers. Never blocks: the queues bound how many are out at once. A buffer
/// grows to the largest input it was taken for, so there are never more of them, nor larger
/// ones, than were once needed together.
class InputPool {
 public:
  /// Room for `count` bytes.
  InputBuffer take(std::size_t count) {
    Bytes bytes;
    {
      std::lock_guard lock(mutex_);
      // The smallest that is large enough; where there is none, the largest is replaced.
      auto best = std::ranges::min_element(idle_, {}, [&](const Bytes& idle) {
        return idle.capacity >= count ? std::pair{0, idle.capacity}
                                      : std::pair{1, SIZE_MAX - idle.capacity};
      });
      if (best != idle_.end()) {
        std::swap(*best, idle_.back());
        bytes = std::move(idle_.back());
        idle_.pop_back();
      }
      if (bytes.capacity < count) ++allocated_;
    }
    if (bytes.capacity < count) {
      bytes = {};  // before the new one, so that both are never held
      bytes = {std::make_unique_for_overwrite<std::uint8_t[]>(count), count};
    }
    return {this, std::move(bytes), count};
  }

  /// How many buffers were ever made.
  std::size_t allocated() const {
    std::lock_guard lock(mutex_);
    return allocated_;
  }

 private:
  friend class InputBuffer;
  void give_back(Bytes bytes) {
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(bytes));
  }

  mutable std::mutex mutex_;
  std::vector<Bytes> idle_;
  std::size_t allocated_ = 0;
};

inline InputBuffer::~InputBuffer() {
  if (bytes_.data) pool_->give_back(std::move(bytes_));
}

}  // namespace fovea::pipeline
