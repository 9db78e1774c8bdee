// SPDX-License-Identifier: Apache-2.0
#pragma once
// `resample_on: auto`: whether pictures are resized by the host or by the device, which give the
// same bits. Asked once, when a model is opened.

#include <string>

#include "compute/device.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::vision {

struct ResampleChoice {
  bool on_device = false;
  std::string why;  // for people
};

/// Milliseconds of one picture of 640 x 480 pixels, the shortest of a few.
struct ResampleTimes {
  double host_ms = 0;    // one thread
  double device_ms = 0;  // of a batch of eight, bytes in and pixels out, divided by eight
};
ResampleTimes measure_resample(compute::Device& device, const Preprocessor& preprocessor);

/// The device where it takes less than the host's `threads` side by side.
ResampleChoice compare(const ResampleTimes& times, int threads);

/// Measures on a GPU. A software device is the host's own processor, without its vector loads of
/// bytes: there the host resizes, unmeasured; so it does with filters that are not Pillow's.
ResampleChoice choose_resample(compute::Device& device, const Preprocessor& preprocessor,
                               int threads);

}  // namespace fovea::vision
