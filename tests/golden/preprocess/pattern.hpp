// SPDX-License-Identifier: Apache-2.0
#pragma once
// The pictures that scripts/goldens/make_preprocess_goldens.py computes, value by value.

#include <cstdint>
#include <string>

#include <opencv2/core/mat.hpp>

namespace fovea::vision::test {

/// [height, width] CV_8UC3. `kind` is "noise", "edges" (only 0 and 255) or "smooth".
inline cv::Mat pattern(const std::string& kind, int height, int width) {
  cv::Mat rgb(height, width, CV_8UC3);
  for (int row = 0; row < height; ++row) {
    std::uint8_t* out = rgb.ptr(row);
    for (int column = 0; column < width; ++column)
      for (int channel = 0; channel < 3; ++channel) {
        const auto y = static_cast<std::uint32_t>(row), x = static_cast<std::uint32_t>(column);
        const auto c = static_cast<std::uint32_t>(channel);
        std::uint32_t mixed = x * 374761393u + y * 668265263u + c * 2246822519u;
        mixed = (mixed ^ mixed >> 13) * 1274126177u;
        mixed = (mixed ^ mixed >> 16) & 255u;
        if (kind == "smooth") mixed = (x * 3 + y * 2 + c * 40) % 256;
        if (kind == "edges") mixed = mixed < 128 ? 0 : 255;
        *out++ = static_cast<std::uint8_t>(mixed);
      }
  }
  return rgb;
}

}  // namespace fovea::vision::test
