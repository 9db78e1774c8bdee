// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {
namespace {

struct Push {
  std::uint32_t sequences, tokens, channels, token;
};

}  // namespace

Tensor select_token(ProgramBuilder& p, const Tensor& x, std::int64_t token) {
  require_f32("select_token", "x", x, 3);
  const Shape& shape = x.shape();
  if (token < 0 || token >= shape[1]) {
    reject("select_token", fmt::format("there is no token {} in {}", token, to_string(shape)),
           fmt::format("x {}", to_string(shape)), fmt::format("select one of 0..{}", shape[1] - 1));
  }
  const std::uint32_t lanes = elementwise_lanes(p.device());
  require_iterations("select_token", ceil_div(shape[2], lanes), to_string(shape));
  const Tensor y = p.value("select_token", {{shape[0], shape[2]}});
  const Push push{static_cast<std::uint32_t>(shape[0]), static_cast<std::uint32_t>(shape[1]),
                  static_cast<std::uint32_t>(shape[2]), static_cast<std::uint32_t>(token)};
  p.dispatch("select_token", {kernels(p.device()).get("select_token", std::array{lanes}),
                              {x},
                              {y},
                              push_bytes(push),
                              split_groups(p.device(), "select_token", shape[0])});
  return y;
}

}  // namespace fovea::compute::ops
