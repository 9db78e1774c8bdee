// SPDX-License-Identifier: Apache-2.0
#pragma once
// A step that records itself: several dispatches with barriers of its own between them, as a
// library makes them. What it reads and writes is declared like any step's
// (ProgramBuilder::record), so memory and the barriers around it follow by themselves.
// For compute/*.cpp only.

#include <memory>
#include <span>

#include "compute/buffer.hpp"
#include "compute/vulkan.hpp"

namespace fovea::compute {

class StepWork {
 public:
  virtual ~StepWork() = default;
  /// Appends the work to `commands`: compute shaders that touch `places` alone, those that the step
  /// reads, then those that it writes. Called once per slot while a program is built, from any
  /// thread. What is returned lives as long as the commands. Throws GpuError.
  virtual std::shared_ptr<const void> record(VkCommandBuffer commands,
                                             std::span<const BufferSlice> places) const = 0;
};

}  // namespace fovea::compute
