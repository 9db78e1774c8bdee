// SPDX-License-Identifier: Apache-2.0
#pragma once
// Cuts an image into non-overlapping patches; what does not fill one is dropped.

#include <cstddef>
#include <span>
#include <vector>

namespace fovea::reference {

/// image [B, 3, H, W] -> [B, N, 3 * patch_h * patch_w]
inline std::vector<double> patches(std::span<const float> image, std::size_t batch,
                                   std::size_t height, std::size_t width, std::size_t patch_h,
                                   std::size_t patch_w) {
  std::vector<double> y;
  for (std::size_t b = 0; b < batch; ++b) {
    for (std::size_t top = 0; top + patch_h <= height; top += patch_h) {
      for (std::size_t left = 0; left + patch_w <= width; left += patch_w) {
        for (std::size_t c = 0; c < 3; ++c) {
          for (std::size_t r = 0; r < patch_h; ++r) {
            for (std::size_t s = 0; s < patch_w; ++s) {
              y.push_back(image[((b * 3 + c) * height + top + r) * width + left + s]);
            }
          }
        }
      }
    }
  }
  return y;
}

}  // namespace fovea::reference
