// SPDX-License-Identifier: Apache-2.0
#pragma once
// From "who reads and writes what" to memory offsets and barriers. Pure: no Vulkan.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fovea::compute {

/// One value as the scheduler sees it.
struct ValueUse {
  std::size_t size_bytes = 0;
  bool in_arena = false;  // scratch: gets an offset; others live in memory of their own
};

/// What one step touches, by value number.
struct StepUse {
  std::vector<std::uint32_t> reads, writes;
};

struct Schedule {
  std::vector<std::size_t> offset_bytes;  // by value; meaningful where in_arena
  std::size_t arena_bytes = 0;            // with aliasing by lifetime
  std::size_t unaliased_bytes = 0;        // what it would be without
  std::vector<bool> barrier_before;       // by step
};

/// Values whose lifetimes (first write to last read, inclusive) do not meet may share bytes.
/// A step gets a barrier when, since the last barrier, a step wrote what it reads or
/// overwrites, or read what it overwrites. `alignment` is a power of two.
Schedule make_schedule(std::span<const ValueUse> values, std::span<const StepUse> steps,
                       std::size_t alignment);

}  // namespace fovea::compute
