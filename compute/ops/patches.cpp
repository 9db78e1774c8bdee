// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {
namespace {

constexpr int kChannels = 3;
constexpr int kByteValues = 256;

struct Push {
  std::uint32_t patches, height, width;
};

/// What both forms share once the axes of the picture are known.
struct Cut {
  std::string where;
  std::uint32_t lanes;
  Tensor y;
  Push push;
  std::array<std::uint32_t, 3> constants, groups;
};

/// `values_a_step`: of the patch's values, how many a lane writes in one iteration.
Cut plan(ProgramBuilder& p, const Shape& image, std::int64_t channels, std::int64_t height,
         std::int64_t width, int patch_h, int patch_w, std::int64_t values_a_step) {
  Cut cut;
  cut.where = fmt::format("image {}, patches of {} x {}", to_string(image), patch_h, patch_w);
  if (channels != kChannels) {
    reject("patches", fmt::format("the image has {} channels, not 3", channels), cut.where,
           "pass [B, 3, H, W], or pixels [B, H, W, 3]");
  }
  if (patch_h < 1 || patch_w < 1 || height < patch_h || width < patch_w) {
    reject(
        "patches",
        fmt::format("no {} x {} patch fits into {} x {} pixels", patch_h, patch_w, height, width),
        cut.where, "use a larger image or smaller patches");
  }
  cut.lanes = elementwise_lanes(p.device());
  const std::int64_t size = std::int64_t{kChannels} * patch_h * patch_w;
  require_iterations("patches", ceil_div(size / values_a_step, cut.lanes), cut.where);

  const std::int64_t count = (height / patch_h) * (width / patch_w);
  cut.y = p.value("patches", {{image[0], count, size}});
  cut.push = {static_cast<std::uint32_t>(image[0] * count), static_cast<std::uint32_t>(height),
              static_cast<std::uint32_t>(width)};
  cut.constants = {cut.lanes, static_cast<std::uint32_t>(patch_h),
                   static_cast<std::uint32_t>(patch_w)};
  cut.groups = split_groups(p.device(), "patches", image[0] * count);
  return cut;
}

}  // namespace

Tensor patches(ProgramBuilder& p, const Tensor& image, int patch_h, int patch_w) {
  require_f32("patches", "image", image, 4);
  const Shape& shape = image.shape();
  const Cut cut = plan(p, shape, shape[1], shape[2], shape[3], patch_h, patch_w, 1);
  p.dispatch("patches", {kernels(p.device()).get("patches", cut.constants),
                         {image},
                         {cut.y},
                         push_bytes(cut.push),
                         cut.groups});
  return cut.y;
}

Tensor patches(ProgramBuilder& p, const Pixels& pixels, int patch_h, int patch_w) {
  const Shape& shape = pixels.bytes.shape();
  if (pixels.bytes.dtype() != DType::u8 || shape.rank() != 4) {
    reject("patches",
           fmt::format("the pixels are {} {}", to_string(pixels.bytes.dtype()), to_string(shape)),
           "pixels", "pass [B, H, W, 3] u8");
  }
  if (pixels.values.shape != Shape{kChannels, kByteValues}) {
    reject("patches", fmt::format("the values of a byte are {}", to_string(pixels.values.shape)),
           pixels.values.name, "pass [3, 256], one row per channel");
  }
  const Cut cut = plan(p, shape, shape[3], shape[1], shape[2], patch_h, patch_w, kChannels);
  const Tensor values = p.constant(pixels.values.name, {pixels.values.shape}, pixels.values.values);
  p.dispatch("patches", {kernels(p.device()).get("patches_pixels", cut.constants),
                         {pixels.bytes, values},
                         {cut.y},
                         push_bytes(cut.push),
                         cut.groups});
  return cut.y;
}

}  // namespace fovea::compute::ops
