// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {
namespace {

struct Push {
  std::uint32_t rows, tokens, prefixes, channels;
};

}  // namespace

Tensor tokens(ProgramBuilder& p, const Tensor& x, const Table& prefix, const Table& positions) {
  require_f32("tokens", "x", x, 3);
  const std::int64_t channels = x.shape()[2];
  const bool has_prefix = prefix.values.buffer != nullptr;
  const std::int64_t prefixes = has_prefix ? prefix.shape.row_count() : 0;
  if (has_prefix && prefix.shape[-1] != channels) {
    reject("tokens",
           fmt::format("prefix {} and x {} differ in channels", to_string(prefix.shape),
                       to_string(x.shape())),
           prefix.name, "use a prefix of x's channels");
  }
  const std::int64_t count = prefixes + x.shape()[1];
  if (positions.shape.rank() < 2 || positions.shape.row_count() != count ||
      positions.shape[-1] != channels) {
    reject("tokens",
           fmt::format("positions {} do not fit {} tokens of {} channels",
                       to_string(positions.shape), count, channels),
           positions.name, "resize the position embeddings to the image's grid first");
  }
  const std::uint32_t lanes = elementwise_lanes(p.device());
  require_iterations("tokens", ceil_div(channels, lanes), positions.name);

  const Tensor position_rows = p.constant(positions.name, {{count, channels}}, positions.values);
  const Tensor prefix_rows =
      has_prefix ? p.constant(prefix.name, {{prefixes, channels}}, prefix.values) : position_rows;
  const Tensor y = p.value("tokens", {{x.shape()[0], count, channels}});
  const std::int64_t rows = x.shape()[0] * count;
  const Push push{static_cast<std::uint32_t>(rows), static_cast<std::uint32_t>(count),
                  static_cast<std::uint32_t>(prefixes), static_cast<std::uint32_t>(channels)};
  p.dispatch("tokens", {kernels(p.device()).get("tokens", std::array{lanes}),
                        {x, prefix_rows, position_rows},
                        {y},
                        push_bytes(push),
                        split_groups(p.device(), "tokens", rows),
                        static_cast<double>(rows * channels)});
  return y;
}

}  // namespace fovea::compute::ops
