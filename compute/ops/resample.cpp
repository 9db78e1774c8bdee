// SPDX-License-Identifier: Apache-2.0
#include "compute/ops/resample.hpp"

#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {
namespace {

struct Push {
  std::uint32_t source_words, height, width, pixels;
};

constexpr std::int64_t kPixelsALane = 4;

}  // namespace

Tensor resample(ProgramBuilder& p, const Tensor& sources, int height, int width) {
  const Shape& shape = sources.shape();
  const std::string where =
      fmt::format("sources {} {}", to_string(sources.dtype()), to_string(shape));
  if (sources.dtype() != DType::u8 || shape.rank() != 2 || shape[1] % 4 != 0) {
    reject("resample", "the sources are not rows of whole words", where,
           "pass [B, bytes] u8, bytes a multiple of 4");
  }
  const std::int64_t least = 4 * (kSourceHeaderWords + std::int64_t{kTapWords} * (height + width));
  if (height < 1 || width < 1 || shape[1] < least) {
    reject("resample",
           fmt::format("no source of {} bytes gives {} x {} pixels", shape[1], height, width),
           where, fmt::format("give each {} bytes and what its pixels and weights need", least));
  }
  const std::int64_t pixels = shape[0] * height * width;
  constexpr std::int64_t kMostPixels = std::int64_t{1} << 30;  // three bytes of each have a number
  if (pixels > kMostPixels) {
    reject("resample", fmt::format("{} pixels at once", pixels), where, "use a smaller batch");
  }
  const std::uint32_t lanes = elementwise_lanes(p.device());
  const Push push{static_cast<std::uint32_t>(shape[1] / 4), static_cast<std::uint32_t>(height),
                  static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(pixels)};
  const Tensor y = p.value("pixels", {{shape[0], height, width, 3}, DType::u8});
  p.dispatch("resample",
             {kernels(p.device()).get("resample", std::array{lanes}),
              {sources},
              {y},
              push_bytes(push),
              split_groups(p.device(), "resample", ceil_div(pixels, kPixelsALane * lanes))});
  return y;
}

}  // namespace fovea::compute::ops
