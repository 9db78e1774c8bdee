// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {
namespace {

struct Push {
  std::uint32_t patches, height, width;
};

}  // namespace

Tensor patches(ProgramBuilder& p, const Tensor& image, int patch_h, int patch_w) {
  require_f32("patches", "image", image, 4);
  const Shape& shape = image.shape();
  const std::string where =
      fmt::format("image {}, patches of {} x {}", to_string(shape), patch_h, patch_w);
  if (shape[1] != 3) {
    reject("patches", fmt::format("the image has {} channels, not 3", shape[1]), where,
           "pass [B, 3, H, W]");
  }
  if (patch_h < 1 || patch_w < 1 || shape[2] < patch_h || shape[3] < patch_w) {
    reject("patches",
           fmt::format("no {} x {} patch fits into {} x {} pixels", patch_h, patch_w, shape[2],
                       shape[3]),
           where, "use a larger image or smaller patches");
  }
  const std::uint32_t lanes = elementwise_lanes(p.device());
  const std::int64_t size = std::int64_t{3} * patch_h * patch_w;
  require_iterations("patches", ceil_div(size, lanes), where);

  const std::int64_t count = (shape[2] / patch_h) * (shape[3] / patch_w);
  const Tensor y = p.value("patches", {{shape[0], count, size}});
  const Push push{static_cast<std::uint32_t>(shape[0] * count),
                  static_cast<std::uint32_t>(shape[2]), static_cast<std::uint32_t>(shape[3])};
  const std::array<std::uint32_t, 3> constants{lanes, static_cast<std::uint32_t>(patch_h),
                                               static_cast<std::uint32_t>(patch_w)};
  p.dispatch("patches", {kernels(p.device()).get("patches", constants),
                         {image},
                         {y},
                         push_bytes(push),
                         split_groups(p.device(), "patches", shape[0] * count)});
  return y;
}

}  // namespace fovea::compute::ops
