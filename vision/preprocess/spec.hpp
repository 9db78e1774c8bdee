// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a checkpoint's processor file says a picture must go through, as plain data.
// Written by vision/checkpoint/processor_config.cpp, carried out by vision/preprocess/.

#include <array>
#include <string>

namespace fovea::vision {

/// Pillow's filters by its own codes (Image.Resampling), plus OpenCV's by name only.
enum class Resample : int {
  nearest = 0,
  lanczos = 1,
  bilinear = 2,
  bicubic = 3,
  box = 4,
  hamming = 5,
  cv_linear = 100,  // only where a user asks for it by name; never from a checkpoint
};

enum class ResizeMode : int {
  none,
  exact,          // to resize_h x resize_w, aspect ratio ignored ("squash")
  shortest_edge,  // shorter side to shortest_edge, longer side int(S * long / short)
  cover,          // aspect ratio kept, smallest that covers resize_h x resize_w (timm, not square)
  edges,          // shorter side to shortest_edge, or less where the longer would pass
                  // longest_edge; then each down to a multiple of multiple_of (YOLOS)
};

/// How a centre crop splits an odd number of rows or columns. They differ by one pixel.
enum class CropRounding : int {
  transformers,  // floor((size - crop) / 2); the odd row of padding goes on top
  torchvision,   // (size - crop) / 2, half to even; the odd row of padding goes below (timm)
};

struct PreprocessSpec {
  std::string processor;  // "ViTImageProcessor", "DeiTImageProcessor", "timm": for people

  ResizeMode resize = ResizeMode::exact;
  int resize_h = 224, resize_w = 224;  // ResizeMode::exact, ResizeMode::cover
  int shortest_edge = 224;             // ResizeMode::shortest_edge, ResizeMode::edges
  int longest_edge = 1333;             // ResizeMode::edges
  int multiple_of = 16;                // ResizeMode::edges
  Resample resample = Resample::bilinear;

  bool center_crop = false;
  int crop_h = 224, crop_w = 224;  // smaller images are zero-padded before normalising
  CropRounding crop_rounding = CropRounding::transformers;

  bool rescale = true;
  double rescale_factor = 1.0 / 255.0;
  bool normalize = true;
  std::array<double, 3> mean{0.5, 0.5, 0.5}, stddev{0.5, 0.5, 0.5};  // R, G, B
};

}  // namespace fovea::vision
