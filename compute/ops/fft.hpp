// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fourier transforms of real planes, on the device, as steps of a program like any other. VkFFT
// writes their kernels (compute/fft_plan.cpp); where the build has no usable VkFFT the functions
// are still here and say so. Letters: B planes, H rows, W columns.

#include <cstdint>
#include <string>

#include "compute/program.hpp"
#include "compute/tensor.hpp"

namespace fovea::compute::ops {

/// Is VkFFT in this build? Where not, rfft2() and irfft2() throw GpuError.
bool has_fft() noexcept;
/// "1.3.4", or why there is none: "none was found", "1.2.26 is too old".
std::string fft_version();
/// Throws GpuError unless has_fft(); `who` begins the message: "stage 'change'".
void require_fft(const std::string& who);

/// The spectrum of every plane, columns 0 ... W / 2; the others are its mirror:
/// X[b, u, v] = sum over r, c of x[b, r, c] exp(-2 pi i (u r / H + v c / W)).
/// x [B, H, W] f32 -> [B, H, W / 2 + 1, 2] f32, the last axis (real, imaginary). Not normalised,
/// as numpy.fft.rfft2. Any sizes; those that have a prime factor above 13 cost several times more.
/// Throws GpuError where VkFFT cannot make kernels for the device, ShapeError for other shapes.
Tensor rfft2(ProgramBuilder& p, const Tensor& x);
/// The planes, `width` columns wide, with such spectra, as numpy.fft.irfft2 (divided by H W).
/// spectrum [B, H, width / 2 + 1, 2] f32 -> [B, H, width] f32. The imaginary parts that no real
/// plane has are ignored. Throws as rfft2() does.
Tensor irfft2(ProgramBuilder& p, const Tensor& spectrum, std::int64_t width);

}  // namespace fovea::compute::ops
