// SPDX-License-Identifier: Apache-2.0
#pragma once
// A picture to exactly the tensor the reference processor makes of it.
// Thread rule: immutable; any number of threads may call run() at once.

#include <array>
#include <cstddef>
#include <span>

#include "vision/image.hpp"
#include "vision/preprocess/spec.hpp"

namespace fovea::vision {

class Preprocessor {
 public:
  /// Throws ModelError when the recipe cannot give a fixed size (no exact resize and no crop),
  /// when a size is not positive, or when a standard deviation is 0 or not finite.
  explicit Preprocessor(const PreprocessSpec& spec);

  const PreprocessSpec& spec() const noexcept { return spec_; }
  int output_h() const noexcept { return output_h_; }
  int output_w() const noexcept { return output_w_; }
  std::size_t output_count() const noexcept {
    return std::size_t{3} * static_cast<std::size_t>(output_h_) *
           static_cast<std::size_t>(output_w_);
  }

  /// The 8-bit picture after resize and crop, R, G, B: [H, W] CV_8UC3.
  cv::Mat resized(const Image& image) const;
  /// Resize, crop, rescale, normalise. `out` is [3, H, W] f32, R, G, B planes.
  /// Requires: out.size() == output_count().
  void run(const Image& image, std::span<float> out) const;

 private:
  PreprocessSpec spec_;
  int output_h_ = 0, output_w_ = 0;
  std::array<std::array<float, 256>, 3> value_of_{};  // rescaled, normalised; per channel and byte
};

}  // namespace fovea::vision
