// SPDX-License-Identifier: Apache-2.0
#include "pipeline/decode/pixel_pool.hpp"

#include <algorithm>
#include <utility>

namespace fovea::pipeline {

PixelPool::Block PixelPool::take(std::size_t bytes) const {
  {
    std::lock_guard lock(mutex_);
    // Not one far too large: a thumbnail must not keep a panorama's memory.
    const auto fits = std::find_if(idle_.begin(), idle_.end(), [&](const Block& block) {
      return block.bytes >= bytes && block.bytes / 2 <= bytes;
    });
    if (fits != idle_.end()) {
      Block block = std::move(*fits);
      idle_.erase(fits);
      idle_bytes_ -= block.bytes;
      return block;
    }
  }
  return {std::make_unique_for_overwrite<std::byte[]>(bytes), bytes};
}

cv::UMatData* PixelPool::allocate(int dims, const int* sizes, int type, void* data,
                                  std::size_t* step, cv::AccessFlag flags,
                                  cv::UMatUsageFlags usage) const {
  const cv::MatAllocator& standard = *cv::Mat::getStdAllocator();
  if (data != nullptr) return standard.allocate(dims, sizes, type, data, step, flags, usage);
  std::size_t bytes = CV_ELEM_SIZE(type);
  for (int i = 0; i < dims; ++i) bytes *= static_cast<std::size_t>(sizes[i]);
  Block block = take(bytes);
  void* memory = block.memory.get();
  cv::UMatData* made = standard.allocate(dims, sizes, type, memory, step, flags, usage);
  made->prevAllocator = made->currAllocator = this;
  std::lock_guard lock(mutex_);
  used_.emplace(memory, std::move(block));
  return made;
}

void PixelPool::deallocate(cv::UMatData* data) const {
  Block done;  // freed after the lock where it is not kept
  {
    std::lock_guard lock(mutex_);
    const auto found = used_.find(data->origdata);
    if (found != used_.end()) {
      done = std::move(found->second);
      used_.erase(found);
      if (idle_bytes_ + done.bytes <= max_idle_bytes_) {
        idle_bytes_ += done.bytes;
        idle_.push_back(std::move(done));
      }
    }
  }
  cv::Mat::getStdAllocator()->deallocate(data);  // the header; the pixels are not its own
}

std::size_t PixelPool::idle_bytes() const {
  std::lock_guard lock(mutex_);
  return idle_bytes_;
}

PixelPool& pixel_pool() {
  // Never destroyed: a picture may outlive every static object.
  static PixelPool& pool = *new PixelPool;
  return pool;
}

cv::Mat pooled_mat() {
  cv::Mat mat;
  mat.allocator = &pixel_pool();
  return mat;
}

}  // namespace fovea::pipeline
