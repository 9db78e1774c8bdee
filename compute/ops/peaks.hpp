// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a device does at best, measured with kernels that do nothing else: the figures a
// profile is held against. Not part of any model.

#include <cstdint>

#include "compute/device.hpp"
#include "compute/program.hpp"
#include "compute/tensor.hpp"

namespace fovea::compute::ops {

/// `quads` chains of four recurrences v <- v * x[0] + x[1] a lane, `turns` times over, in
/// registers; their sum.      x [2] -> [count]. Throws ShapeError beyond 40,000 turns.
Tensor multiply_add(ProgramBuilder& p, const Tensor& x, std::int64_t count, std::uint32_t quads,
                    std::uint32_t turns);
/// The same values.           x [...] -> x's shape; its element count is a multiple of 4.
Tensor copy(ProgramBuilder& p, const Tensor& x);

struct Peaks {
  double gflop_per_s = 0;  // f32 multiply-adds in registers, two operations each
  double gbyte_per_s = 0;  // copied between device buffers, read and written bytes together
};
/// The best of many short runs of each, about half a second in all. Matrix units, which no f32
/// multiplication uses, can pass gflop_per_s. Throws GpuError where the device has no timestamps.
Peaks measure_peaks(Device& device);

}  // namespace fovea::compute::ops
