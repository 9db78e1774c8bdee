// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pictures of any size to the size of a model's input, on the device: the second half of a resize
// whose first half, which source samples make each output and with what weights, the host wrote
// beside the pixels (vision/preprocess/packed_source.hpp) as compute/ops/source_layout.hpp says.

#include "compute/ops/source_layout.hpp"
#include "compute/program.hpp"
#include "compute/tensor.hpp"

namespace fovea::compute::ops {

/// sources [B, bytes] u8, each a packed source for height x width -> [B, height, width, 3] u8.
/// Columns are summed first and rounded to bytes, as Pillow does. Throws ShapeError where the
/// sizes do not fit. Requires: what the sources say lies within them.
Tensor resample(ProgramBuilder& p, const Tensor& sources, int height, int width);

}  // namespace fovea::compute::ops
