// SPDX-License-Identifier: Apache-2.0
#pragma once
// The values of a picture's bytes on the device, for compute::ops::Pixels.

#include "compute/buffer.hpp"
#include "compute/ops/transformer.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::vision {

/// [3, 256].
compute::ops::Table upload_byte_values(compute::ConstantStore& store, const ByteValues& values);

}  // namespace fovea::vision
