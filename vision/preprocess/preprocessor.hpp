// SPDX-License-Identifier: Apache-2.0
#pragma once
// A picture to exactly the tensor the reference processor makes of it, in two steps: every
// processor resizes and crops bytes, and only then rescales and normalises each of them by
// itself. So the device may be given the bytes and the 256 values a byte can become.
// Thread rule: immutable; any number of threads may call at once, each with its own scratch.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "vision/image.hpp"
#include "vision/input_size.hpp"
#include "vision/preprocess/resample.hpp"
#include "vision/preprocess/spec.hpp"

namespace fovea::vision {

/// [3, 256]: what the processor's rescale and normalise make of each byte, per channel R, G, B.
using ByteValues = std::array<std::array<float, 256>, 3>;

/// A picture of one size through resize and crop: the parts that are computed, and where in the
/// output the first of them lands; what is beside them is zero.
struct ResizePlan {
  ResampleAxis x, y;
  int x_at = 0, y_at = 0;
};

class Preprocessor {
 public:
  /// Throws ModelError when the recipe gives sizes that no model takes (no exact resize, no edges
  /// and no crop), when a size is not positive, or when a standard deviation is 0 or not finite.
  explicit Preprocessor(const PreprocessSpec& spec);

  const PreprocessSpec& spec() const noexcept { return spec_; }
  /// The size that a picture of `h` x `w` pixels comes out at, one for all unless the recipe keeps
  /// its shape (ResizeMode::edges). Throws std::length_error when it is too narrow to have one.
  InputSize output_size(int h, int w) const;
  bool keeps_shape() const noexcept { return spec_.resize == ResizeMode::edges; }
  /// The one size, or where pictures keep their shape, that of a photograph of 640x480.
  InputSize usual_size() const noexcept { return usual_size_; }
  int output_h() const noexcept { return usual_size_.h; }
  int output_w() const noexcept { return usual_size_.w; }
  /// 3 H W of usual_size(): bytes of the resized picture, values of the tensor.
  std::size_t output_count() const noexcept {
    return std::size_t{3} * static_cast<std::size_t>(output_h()) *
           static_cast<std::size_t>(output_w());
  }

  /// How output_size() is come by. Throws as that does.
  ResizePlan plan(int h, int w) const;
  /// Resize and crop. `pixels` is [H, W, 3] u8 in the order R, G, B.
  /// Requires: pixels.size() == 3 H W of output_size(). Throws as that does.
  void resize(const Image& image, std::span<std::uint8_t> pixels, ResampleScratch& scratch) const;
  /// By how much (1, 2, 4 or 8) a picture of `h` x `w` pixels may be shrunk before resize() so
  /// that resize() never has to enlarge it again.
  int reduction(int h, int w) const noexcept;
  const ByteValues& byte_values() const noexcept { return byte_values_; }
  /// Every byte of `pixels` [H, W, 3] replaced by its value: `tensor` is [3, H, W] f32.
  /// Requires: both sizes are 3 H W.
  void normalise(std::span<const std::uint8_t> pixels, std::span<float> tensor) const;
  /// resize(), then normalise(): the reference processor's own result.
  void run(const Image& image, std::span<float> tensor) const;

 private:
  PreprocessSpec spec_;
  InputSize usual_size_;
  ByteValues byte_values_{};
};

}  // namespace fovea::vision
