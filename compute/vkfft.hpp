// SPDX-License-Identifier: Apache-2.0
#pragma once
// The only door to VkFFT: vkfft.cpp includes it, or vkfft_none.cpp stands for it where the build
// has none. For compute/*.cpp only.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compute/fft_plan.hpp"
#include "compute/step_work.hpp"

namespace fovea::compute::vkfft {

/// Is VkFFT in this build?
bool is_there() noexcept;
/// "1.3.4"; where it is not there, why: "1.2.26 is too old".
std::string version();

struct Plan {
  std::shared_ptr<const StepWork> work;
  /// As VkFFT saves them; empty where they were made from `kernels`.
  std::vector<std::byte> generated;
};
/// The transform, its kernels taken from `kernels` (what `generated` was once), else generated.
/// Throws GpuError naming the driver and VkFFT's result.
Plan make_plan(Device& device, const FftSize& size, std::span<const std::byte> kernels);

}  // namespace fovea::compute::vkfft
