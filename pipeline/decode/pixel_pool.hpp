// SPDX-License-Identifier: Apache-2.0
#pragma once
// Memory for decoded pixels, used again by later pictures. A picture is larger than what malloc
// keeps, so each would get fresh pages from the kernel, which costs a third of decoding a JPEG.
// Thread-safe; a picture may die on another thread than it was decoded on.

#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <opencv2/core/mat.hpp>

namespace fovea::pipeline {

/// Give it to a cv::Mat as its `allocator` before create(). Outlives every such Mat.
class PixelPool : public cv::MatAllocator {
 public:
  /// Keeps at most `max_idle_bytes` that no picture uses; what is more is freed.
  explicit PixelPool(std::size_t max_idle_bytes = std::size_t{64} << 20)
      : max_idle_bytes_(max_idle_bytes) {}

  cv::UMatData* allocate(int dims, const int* sizes, int type, void* data, std::size_t* step,
                         cv::AccessFlag flags, cv::UMatUsageFlags usage) const override;
  bool allocate(cv::UMatData* data, cv::AccessFlag, cv::UMatUsageFlags) const override {
    return data != nullptr;
  }
  void deallocate(cv::UMatData* data) const override;

  std::size_t idle_bytes() const;

 private:
  struct Block {
    std::unique_ptr<std::byte[]> memory;
    std::size_t bytes = 0;
  };
  Block take(std::size_t bytes) const;

  const std::size_t max_idle_bytes_;
  mutable std::mutex mutex_;
  mutable std::vector<Block> idle_;
  mutable std::unordered_map<const void*, Block> used_;
  mutable std::size_t idle_bytes_ = 0;
};

/// The one that decoding uses.
PixelPool& pixel_pool();

/// A cv::Mat whose next create() takes from pixel_pool().
cv::Mat pooled_mat();

}  // namespace fovea::pipeline
