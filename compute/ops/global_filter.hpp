// SPDX-License-Identifier: Apache-2.0
#pragma once
// The token mixer of global filter networks (Rao et al. 2021, arXiv:2107.00645), which stands
// where attention stands in a transformer. B pictures, a grid of H x W tokens, C channels.

#include <cstdint>
#include <span>
#include <string>

#include "compute/buffer.hpp"
#include "compute/ops/transformer.hpp"
#include "compute/program.hpp"
#include "compute/tensor.hpp"

namespace fovea::compute::ops {

/// A learned filter for every channel, over the frequencies of one grid.
struct GlobalFilter {
  std::string name;
  std::int64_t rows = 0, columns = 0, channels = 0;  // H, W, C
  BufferSlice filters;                               // [H, W / 2 + 1, 2, C], ready for the kernels
  BufferSlice row_waves, column_waves;               // cosines and sines: [2, W], [2, H]
};

/// weight [H, W / 2 + 1, C, 2], the last axis (real, imaginary), as PyTorch's view_as_complex
/// takes it. Kept in f32. Throws ShapeError when the sizes disagree or a side passes 32.
GlobalFilter upload_global_filter(ConstantStore& store, std::string name, std::int64_t rows,
                                  std::int64_t columns, std::int64_t channels,
                                  std::span<const float> weight);

/// irfft2(weight * rfft2(x)), both orthonormal, over the grid and channel by channel: a circular
/// convolution as large as the grid.     x [B, H W, C] -> [B, H W, C]
/// Three steps, each a product with a constant matrix: rows, columns (there, filtered and back),
/// rows back. As torch.fft.irfft2, the imaginary parts that no real plane has are ignored.
Tensor global_filter(ProgramBuilder& p, const Tensor& x, const GlobalFilter& w);

}  // namespace fovea::compute::ops
