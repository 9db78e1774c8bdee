// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a patch of the picture that a model sees to what it shows of the upright original, back
// through crop and resize, and from a place in the original to its patch.
// Thread rule: immutable; any thread may call.

#include <optional>

#include <opencv2/core/types.hpp>

#include "vision/models/positions.hpp"
#include "vision/models/vit_config.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::vision {

/// One side: original = scale * input + offset, both in pixels from the picture's edge.
struct AxisBack {
  double scale = 1, offset = 0;
  double operator()(double input) const { return scale * input + offset; }
};

class MapBack {
 public:
  /// `copy` is the size of the picture that the preprocessor is given, `original` that of the
  /// upright original, of which it may be a smaller copy (decode: fast).
  /// Throws as Preprocessor::output_size().
  MapBack(const Preprocessor& preprocessor, const VitConfig& config, cv::Size copy,
          cv::Size original);

  PatchGrid grid() const noexcept { return grid_; }
  /// The size that the model sees, in pixels.
  cv::Size input() const noexcept { return input_; }
  const AxisBack& x() const noexcept { return x_; }
  const AxisBack& y() const noexcept { return y_; }

  /// What a patch covers of the original, in pixels. Where the crop is larger than the picture it
  /// passes the picture's edges. Pixels beside it have a share in it too, where resizing blends.
  cv::Rect2d patch(int row, int column) const;
  /// All patches together; the remainder that makes no patch is not in it.
  cv::Rect2d area() const;
  /// The patch that shows a place of the original, as an index row by row; none where the model
  /// does not see it. A place between two belongs to the right or lower one.
  std::optional<int> patch_at(double x, double y) const;

 private:
  AxisBack x_, y_;
  cv::Size input_, original_;
  cv::Size patch_;
  PatchGrid grid_;
};

}  // namespace fovea::vision
