// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"
#include "compute/ops/peaks.hpp"

namespace fovea::compute::ops {

Tensor copy(ProgramBuilder& p, const Tensor& x) {
  require_f32("copy", "x", x, 0);
  const std::int64_t count = x.shape().element_count();
  if (count % 4 != 0) {
    reject("copy", fmt::format("{} values are not whole quads", count), to_string(x.shape()),
           "copy a multiple of four");
  }
  const std::uint32_t lanes = elementwise_lanes(p.device());
  const auto quads = static_cast<std::uint32_t>(count / 4);
  const Tensor y = p.value("copy", x.spec);
  p.dispatch("copy", {kernels(p.device()).get("copy", std::array{lanes}),
                      {x},
                      {y},
                      push_bytes(quads),
                      split_groups(p.device(), "copy", ceil_div(quads, std::int64_t{16} * lanes))});
  return y;
}

}  // namespace fovea::compute::ops
