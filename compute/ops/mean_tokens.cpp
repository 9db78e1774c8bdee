// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {
namespace {

struct Push {
  std::uint32_t groups, tokens, channels, first;
};

}  // namespace

Tensor mean_tokens(ProgramBuilder& p, const Tensor& x, std::int64_t first) {
  require_f32("mean_tokens", "x", x, 3);
  const Shape& shape = x.shape();
  if (first < 0 || first >= shape[1]) {
    reject("mean_tokens", fmt::format("no token from {} on in {}", first, to_string(shape)),
           fmt::format("x {}", to_string(shape)),
           fmt::format("start at one of 0..{}", shape[1] - 1));
  }
  require_iterations("mean_tokens", shape[1] / 4 + 3, to_string(shape));
  const std::uint32_t lanes = elementwise_lanes(p.device());
  const std::int64_t groups = shape[0] * ceil_div(shape[2], lanes);
  const Tensor y = p.value("mean_tokens", {{shape[0], shape[2]}});
  const Push push{static_cast<std::uint32_t>(groups), static_cast<std::uint32_t>(shape[1]),
                  static_cast<std::uint32_t>(shape[2]), static_cast<std::uint32_t>(first)};
  p.dispatch("mean_tokens", {kernels(p.device()).get("mean_tokens", std::array{lanes}),
                             {x},
                             {y},
                             push_bytes(push),
                             split_groups(p.device(), "mean_tokens", groups),
                             static_cast<double>(shape.element_count())});
  return y;
}

}  // namespace fovea::compute::ops
