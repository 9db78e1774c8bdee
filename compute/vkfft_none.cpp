// SPDX-License-Identifier: Apache-2.0
// In place of vkfft.cpp, where there is no VkFFT to build with.
#include "compute/device.hpp"
#include "compute/error.hpp"
#include "compute/vkfft.hpp"

namespace fovea::compute::vkfft {

bool is_there() noexcept { return false; }

std::string version() { return FOVEA_NO_VKFFT; }

Plan make_plan(Device& device, const FftSize& size, std::span<const std::byte>) {
  throw GpuError("this build has no Fourier transforms: VkFFT " + version(),
                 "transform " + to_string(size) + ", " + device.info().name,
                 "install VkFFT 1.3.4 or newer and glslang's headers (Debian: libvkfft-dev, "
                 "glslang-dev), and build again; see docs/spectral.md");
}

}  // namespace fovea::compute::vkfft
