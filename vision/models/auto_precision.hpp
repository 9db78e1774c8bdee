// SPDX-License-Identifier: Apache-2.0
#pragma once
// `precision: auto`: the smallest storage of weights that leaves answers as accurate as fp32 does.
// Who opens a model for a run asks this first. Thread rule: pure; any thread may call.

#include <optional>
#include <string>

#include "compute/device.hpp"
#include "compute/ops/transformer.hpp"
#include "vision/checkpoint/checkpoint.hpp"

namespace fovea::vision {

struct StoredTensor;  // vision/checkpoint/stored_tensor.hpp

struct PrecisionChoice {
  compute::ops::Precision precision = compute::ops::Precision::fp32;
  std::string why;  // for people; empty where the precision was asked for by name
};

/// `asked`, or where nothing was asked for: int8 where the file's large matrices are bytes already,
/// fp16 where all matrices fit it (fits_fp16), else fp32. Never a precision at which `device`
/// loses more than storage does, and never fp16 under LayerScale, which is folded into the weights.
PrecisionChoice choose_precision(std::optional<compute::ops::Precision> asked,
                                 const compute::Device& device, const Checkpoint& checkpoint);
/// The choice where a device loses only storage at fp16, and at int8, as the two say.
PrecisionChoice auto_precision(const Checkpoint& checkpoint, bool fp16_is_true, bool int8_is_true);

/// Whether storing `matrix` as fp16 moves it by no more than rounding to f32 may: the sum of
/// |w - half(w)| is at most 2^-24 of the sum of |w|. True of whatever is stored as F16, true of
/// BF16 but for matrices of very small weights, false of weights trained in fp32.
bool fits_fp16(const StoredTensor& matrix);

}  // namespace fovea::vision
