// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {
namespace {

struct Push {
  std::uint32_t rows, channels;
  float epsilon;
};

}  // namespace

LayerNorm upload_layer_norm(ConstantStore& store, std::string name, std::span<const float> gamma,
                            std::span<const float> beta, float epsilon) {
  if (gamma.empty() || gamma.size() != beta.size()) {
    reject("layer_norm", fmt::format("gamma has {} values, beta {}", gamma.size(), beta.size()),
           name, "pass one gamma and one beta per channel");
  }
  const BufferSlice gamma_bytes = store.add(name + ".gamma", std::as_bytes(gamma));
  const BufferSlice beta_bytes = store.add(name + ".beta", std::as_bytes(beta));
  return {std::move(name), static_cast<std::int64_t>(gamma.size()), epsilon, gamma_bytes,
          beta_bytes};
}

Tensor layer_norm_variant(ProgramBuilder& p, const Tensor& x, const LayerNorm& w, Variant variant,
                          Reads reads) {
  require_f32("layer_norm", "x", x, 0);
  if (x.shape()[-1] != w.channels) {
    reject("layer_norm",
           fmt::format("x {} has {} channels, gamma has {}", to_string(x.shape()), x.shape()[-1],
                       w.channels),
           w.name, "pass the tensor this layer was trained on");
  }
  const DeviceLimits& limits = p.device().limits();
  const bool by_subgroup = variant == Variant::subgroup;
  const std::uint32_t lanes = by_subgroup ? limits.subgroup_size : 64;
  const Reads possible = possible_reads(p.device(), reads, x.shape().element_count() / 4);
  const bool lane_a_row = by_subgroup && possible != Reads::buffers && w.channels % 4 == 0;
  require_iterations("layer_norm", 3 * ceil_div(w.channels, lane_a_row ? 4 : lanes) + 12, w.name);
  const Kernel& kernel = kernels(p.device())
                             .get(lane_a_row    ? reading_shader("layer_norm_rows", possible)
                                  : by_subgroup ? "layer_norm.subgroup"
                                                : "layer_norm",
                                  std::array{lanes});

  const Tensor gamma = p.constant(w.name + ".gamma", {{w.channels}}, w.gamma);
  const Tensor beta = p.constant(w.name + ".beta", {{w.channels}}, w.beta);
  const Tensor y = p.value(w.name, x.spec);
  const std::int64_t rows = x.shape().row_count();
  const Push push{static_cast<std::uint32_t>(rows), static_cast<std::uint32_t>(w.channels),
                  w.epsilon};
  p.dispatch(w.name,
             {kernel,
              {x, gamma, beta},
              {y},
              push_bytes(push),
              split_groups(p.device(), "layer_norm", lane_a_row ? ceil_div(rows, lanes) : rows),
              8.0 * static_cast<double>(rows * w.channels)});
  return y;
}

Tensor layer_norm(ProgramBuilder& p, const Tensor& x, const LayerNorm& w) {
  // Values are read once or twice: only where nothing else loads at once do texels pay.
  const Reads reads = p.device().limits().loads_lane_by_lane ? Reads::texels : Reads::addresses;
  return layer_norm_variant(p, x, w, preferred_variant(p.device()), reads);
}

}  // namespace fovea::compute::ops
