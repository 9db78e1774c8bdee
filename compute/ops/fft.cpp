// SPDX-License-Identifier: Apache-2.0
#include "compute/ops/fft.hpp"

#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "compute/fft_plan.hpp"
#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {
namespace {

/// A complex transform of n values takes about 5 n log2(n) operations, of real ones half of that.
double flop(const FftSize& size) {
  return 2.5 * static_cast<double>(size.plane_elements()) *
         std::log2(static_cast<double>(size.rows * size.columns));
}

void require_columns(std::string_view op, std::int64_t columns) {
  if (columns >= 2) return;
  reject(op, fmt::format("planes of {} column(s) have no spectrum of half their width", columns),
         std::string(op),
         "give planes of 2 columns or more; a single column can be given as a row");
}

/// The part of a spectrum that a real plane has: VkFFT transforms two lines at once, and what is
/// no line's would get into its neighbour.
Tensor hermitian(ProgramBuilder& p, const Tensor& x, std::int64_t width) {
  struct Push {
    std::uint32_t values, rows, width;
  };
  const std::uint32_t lanes = elementwise_lanes(p.device());
  const std::int64_t values = x.shape().element_count() / 2;
  const Push push{static_cast<std::uint32_t>(values), static_cast<std::uint32_t>(x.shape()[1]),
                  static_cast<std::uint32_t>(width)};
  const Tensor y = p.value("hermitian", x.spec);
  p.dispatch("hermitian",
             {kernels(p.device()).get("hermitian", std::array{lanes}),
              {x},
              {y},
              push_bytes(push),
              split_groups(p.device(), "irfft2", ceil_div(values, std::int64_t{8} * lanes)),
              0});
  return y;
}

}  // namespace

bool has_fft() noexcept { return has_vkfft(); }

std::string fft_version() { return vkfft_version(); }

void require_fft(const std::string& who) {
  if (has_fft()) return;
  throw GpuError(fmt::format("{} needs Fourier transforms, and this build has none: VkFFT {}", who,
                             fft_version()),
                 who,
                 "install VkFFT 1.3.4 or newer and glslang's headers (Debian: libvkfft-dev, "
                 "glslang-dev), and build again; see docs/spectral.md");
}

Tensor rfft2(ProgramBuilder& p, const Tensor& x) {
  require_f32("rfft2", "x", x, 3);
  const FftSize size{x.shape()[0], x.shape()[1], x.shape()[2], FftDirection::forward};
  require_columns("rfft2", size.columns);
  require_fft("rfft2");
  const Tensor y = p.value("rfft2", {{size.planes, size.rows, size.columns / 2 + 1, 2}});
  p.record("rfft2", {"vkfft", fft_plans(p.device()).get(size), {x}, {y}, flop(size)});
  return y;
}

Tensor irfft2(ProgramBuilder& p, const Tensor& spectrum, std::int64_t width) {
  require_f32("irfft2", "spectrum", spectrum, 4);
  require_columns("irfft2", width);
  const Shape& shape = spectrum.shape();
  if (shape[2] != width / 2 + 1 || shape[3] != 2) {
    reject(
        "irfft2",
        fmt::format("a spectrum {} is not that of planes {} columns wide", to_string(shape), width),
        "irfft2", fmt::format("give [B, H, {}, 2]", width / 2 + 1));
  }
  const FftSize size{shape[0], shape[1], width, FftDirection::inverse};
  require_fft("irfft2");
  const Tensor own = hermitian(p, spectrum, width);
  const Tensor y = p.value("irfft2", {{size.planes, size.rows, size.columns}});
  const Tensor room = p.workspace("irfft2.room", spectrum.spec);
  p.record("irfft2", {"vkfft", fft_plans(p.device()).get(size), {own}, {y, room}, flop(size)});
  return y;
}

}  // namespace fovea::compute::ops
