// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"
#include "compute/ops/peaks.hpp"

namespace fovea::compute::ops {

Tensor multiply_add(ProgramBuilder& p, const Tensor& x, std::int64_t count, std::uint32_t quads,
                    std::uint32_t turns) {
  require_f32("multiply_add", "x", x, 1);
  if (x.shape()[0] != 2 || count < 1 || quads < 1) {
    reject("multiply_add",
           fmt::format("x {}, {} values of {} chains", to_string(x.shape()), count, quads),
           to_string(x.shape()), "pass a factor and a term, and ask for at least one of each");
  }
  require_iterations("multiply_add", turns, to_string(x.shape()));
  const std::uint32_t lanes = elementwise_lanes(p.device());
  const Tensor y = p.value("multiply_add", {{count}});
  const auto push = static_cast<std::uint32_t>(count);
  p.dispatch("multiply_add",
             {kernels(p.device()).get("multiply_add", std::array{lanes, quads, turns}),
              {x},
              {y},
              push_bytes(push),
              split_groups(p.device(), "multiply_add", ceil_div(count, lanes)),
              8.0 * quads * turns * static_cast<double>(count)});
  return y;
}

}  // namespace fovea::compute::ops
