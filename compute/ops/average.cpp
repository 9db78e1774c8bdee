// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {

Tensor average(ProgramBuilder& p, const Tensor& a, const Tensor& b) {
  require_f32("average", "a", a, 0);
  require_f32("average", "b", b, 0);
  if (a.shape() != b.shape()) {
    reject("average",
           fmt::format("a {} and b {} differ", to_string(a.shape()), to_string(b.shape())),
           "average", "average tensors of one shape");
  }
  const std::uint32_t lanes = elementwise_lanes(p.device());
  const std::int64_t elements = a.shape().element_count();
  const auto push = static_cast<std::uint32_t>(elements);
  const Tensor y = p.value("average", a.spec);
  p.dispatch("average",
             {kernels(p.device()).get("average", std::array{lanes}),
              {a, b},
              {y},
              push_bytes(push),
              split_groups(p.device(), "average", ceil_div(elements, std::int64_t{8} * lanes)),
              2.0 * static_cast<double>(elements)});
  return y;
}

}  // namespace fovea::compute::ops
