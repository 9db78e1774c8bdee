// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/attention_maps.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {
namespace {

constexpr std::int64_t kRowsAtATime = 256;  // of a layer's matrix, in memory

struct Push {
  std::uint32_t groups, queries, tokens, first, count;
  float keep;
};

}  // namespace

Tensor rollout_step(ProgramBuilder& p, const Tensor& base, float keep, const Tensor& r,
                    std::int64_t first, const Tensor& a) {
  require_f32("rollout_step", "base", base, 3);
  require_f32("rollout_step", "r", r, 3);
  require_f32("rollout_step", "a", a, 3);
  const std::int64_t batch = r.shape()[0], queries = r.shape()[1], tokens = r.shape()[2];
  const std::int64_t count = a.shape()[1];
  const std::string shapes =
      fmt::format("base {}, r {}, a {}, rows from {} on", to_string(base.shape()),
                  to_string(r.shape()), to_string(a.shape()), first);
  if (base.shape() != r.shape() || a.shape()[0] != batch || a.shape()[2] != tokens || first < 0 ||
      first + count > tokens) {
    reject("rollout_step", "the shapes do not fit each other", shapes,
           "give base and r [B, Q, T] and rows a [B, N, T] of the same T tokens");
  }
  require_iterations("rollout_step", ceil_div(count, 4) + 3, shapes);
  const std::uint32_t lanes = elementwise_lanes(p.device());
  const std::int64_t groups = batch * queries * ceil_div(tokens, lanes);
  const Tensor y = p.value("rollout", r.spec);
  const Push push{static_cast<std::uint32_t>(groups), static_cast<std::uint32_t>(queries),
                  static_cast<std::uint32_t>(tokens), static_cast<std::uint32_t>(first),
                  static_cast<std::uint32_t>(count),  keep};
  p.dispatch("rollout_step", {kernels(p.device()).get("rollout_step", std::array{lanes}),
                              {base, r, a},
                              {y},
                              push_bytes(push),
                              split_groups(p.device(), "rollout_step", groups),
                              2.0 * static_cast<double>(batch * queries * tokens * count)});
  return y;
}

Tensor rollout(ProgramBuilder& p, const Tensor& qkv, int heads, const Tensor& r) {
  const std::int64_t tokens = qkv.shape()[1];
  Tensor sum = r;
  for (std::int64_t first = 0; first < tokens; first += kRowsAtATime) {
    const std::int64_t count = std::min(kRowsAtATime, tokens - first);
    const Tensor rows = attention_rows(p, qkv, heads, first, count, {HeadMerge::mean});
    sum = rollout_step(p, sum, first == 0 ? 0.5f : 1.0f, r, first, rows);
  }
  return sum;
}

}  // namespace fovea::compute::ops
