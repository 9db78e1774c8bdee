// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/attention_maps.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {
namespace {

struct Push {
  std::uint32_t rows, channels, last;
};

}  // namespace

Tensor gather_tokens(ProgramBuilder& p, const Tensor& x, const Tensor& tokens) {
  require_f32("gather_tokens", "x", x, 3);
  const Shape& list = tokens.shape();
  if (tokens.dtype() != DType::i32 || list.rank() != 2) {
    reject("gather_tokens",
           fmt::format("the tokens are {} {}, not i32 [M, K]", to_string(tokens.dtype()),
                       to_string(list)),
           fmt::format("x {}", to_string(x.shape())), "give a list of rows for each sequence");
  }
  const std::int64_t channels = x.shape()[2], rows = list[0] * list[1];
  const std::uint32_t lanes = elementwise_lanes(p.device());
  require_iterations("gather_tokens", ceil_div(channels, lanes), to_string(x.shape()));
  const Tensor y = p.value("gather_tokens", {{list[0], list[1], channels}});
  const Push push{static_cast<std::uint32_t>(rows), static_cast<std::uint32_t>(channels),
                  static_cast<std::uint32_t>(x.shape().row_count() - 1)};
  p.dispatch("gather_tokens", {kernels(p.device()).get("gather_tokens", std::array{lanes}),
                               {x, tokens},
                               {y},
                               push_bytes(push),
                               split_groups(p.device(), "gather_tokens", rows)});
  return y;
}

}  // namespace fovea::compute::ops
