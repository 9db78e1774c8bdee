// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {
namespace {

struct Push {
  std::uint32_t rows, count, tokens, channels, token;
};

/// Rows token..token + count - 1 of every sequence, into a value of `shape`.
Tensor select(ProgramBuilder& p, std::string_view op, const Tensor& x, std::int64_t token,
              std::int64_t count, const Shape& shape) {
  const std::uint32_t lanes = elementwise_lanes(p.device());
  require_iterations(op, ceil_div(x.shape()[2], lanes), to_string(x.shape()));
  const Tensor y = p.value(std::string(op), {shape});
  const std::int64_t rows = x.shape()[0] * count;
  const Push push{static_cast<std::uint32_t>(rows), static_cast<std::uint32_t>(count),
                  static_cast<std::uint32_t>(x.shape()[1]),
                  static_cast<std::uint32_t>(x.shape()[2]), static_cast<std::uint32_t>(token)};
  p.dispatch(std::string(op), {kernels(p.device()).get("select_token", std::array{lanes}),
                               {x},
                               {y},
                               push_bytes(push),
                               split_groups(p.device(), op, rows)});
  return y;
}

}  // namespace

Tensor select_token(ProgramBuilder& p, const Tensor& x, std::int64_t token) {
  require_f32("select_token", "x", x, 3);
  const Shape& shape = x.shape();
  if (token < 0 || token >= shape[1]) {
    reject("select_token", fmt::format("there is no token {} in {}", token, to_string(shape)),
           fmt::format("x {}", to_string(shape)), fmt::format("select one of 0..{}", shape[1] - 1));
  }
  return select(p, "select_token", x, token, 1, {shape[0], shape[2]});
}

Tensor first_tokens(ProgramBuilder& p, const Tensor& x, std::int64_t count) {
  require_f32("first_tokens", "x", x, 3);
  const Shape& shape = x.shape();
  if (count < 1 || count > shape[1]) {
    reject("first_tokens", fmt::format("there are no {} tokens in {}", count, to_string(shape)),
           fmt::format("x {}", to_string(shape)), fmt::format("take 1 to {}", shape[1]));
  }
  return select(p, "first_tokens", x, 0, count, {shape[0], count, shape[2]});
}

}  // namespace fovea::compute::ops
