// SPDX-License-Identifier: Apache-2.0
#include "compute/ops/global_filter.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"

namespace fovea::compute::ops {
namespace {

/// Kernels are straight code, thousands of lines to a shader compiler where sides are longer.
constexpr std::int64_t kLongestSide = 32;

struct Push {
  std::uint32_t groups, channels, stride;
};

/// [2, N]: cosine and sine of 2 pi k / N.
std::vector<float> waves(std::int64_t points) {
  std::vector<float> table;
  for (const bool is_sine : {false, true}) {
    for (std::int64_t k = 0; k < points; ++k) {
      const double angle =
          2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(points);
      table.push_back(static_cast<float>(is_sine ? std::sin(angle) : std::cos(angle)));
    }
  }
  return table;
}

}  // namespace

GlobalFilter upload_global_filter(ConstantStore& store, std::string name, std::int64_t rows,
                                  std::int64_t columns, std::int64_t channels,
                                  std::span<const float> weight) {
  const std::int64_t frequencies = columns / 2 + 1;
  const bool fits = rows >= 1 && columns >= 1 && channels >= 1 && rows <= kLongestSide &&
                    columns <= kLongestSide &&
                    static_cast<std::int64_t>(weight.size()) == rows * frequencies * channels * 2;
  if (!fits) {
    reject("global_filter",
           fmt::format("{} values for a grid of {} x {} and {} channels", weight.size(), rows,
                       columns, channels),
           name,
           fmt::format("pass [H, W / 2 + 1, C, 2] values for sides of 1 to {}", kLongestSide));
  }
  // Both orthonormal factors, and the mirror's share of a row's inverse, once and for all.
  std::vector<float> filters(weight.size());
  std::size_t from = 0;
  for (std::int64_t at = 0; at < rows * frequencies; ++at) {
    const std::int64_t v = at % frequencies;
    const bool has_mirror = v > 0 && 2 * v < columns;
    const double scale = (has_mirror ? 2.0 : 1.0) / static_cast<double>(rows * columns);
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t part = 0; part < 2; ++part) {
        filters[static_cast<std::size_t>((2 * at + part) * channels + c)] =
            static_cast<float>(scale * weight[from++]);
      }
    }
  }
  GlobalFilter filter{std::move(name), rows, columns, channels, {}, {}, {}};
  const auto upload = [&](const std::vector<float>& values) {
    return store.add(filter.name, std::as_bytes(std::span(values)));
  };
  filter.filters = upload(filters);
  filter.row_waves = upload(waves(columns));
  filter.column_waves = upload(waves(rows));
  return filter;
}

Tensor global_filter(ProgramBuilder& p, const Tensor& x, const GlobalFilter& w) {
  require_f32("global_filter", "x", x, 3);
  const Shape& shape = x.shape();
  if (shape[1] != w.rows * w.columns || shape[2] != w.channels) {
    reject("global_filter",
           fmt::format("x {} for filters of {} x {} tokens and {} channels", to_string(shape),
                       w.rows, w.columns, w.channels),
           w.name, fmt::format("pass [B, {}, {}]", w.rows * w.columns, w.channels));
  }
  Device& device = p.device();
  const std::int64_t batch = shape[0], frequencies = w.columns / 2 + 1;
  const std::int64_t blocks = ceil_div(w.channels, elementwise_lanes(device));
  const Tensor row_waves = p.constant(w.name + ".row_waves", {{2, w.columns}}, w.row_waves);
  const Tensor column_waves = p.constant(w.name + ".column_waves", {{2, w.rows}}, w.column_waves);
  const Tensor filters = p.constant(w.name, {{w.rows, frequencies, 2, w.channels}}, w.filters);
  const TensorSpec spectrum_spec{{batch, w.rows, frequencies, 2, w.channels}};

  const auto step = [&](const std::string& name, std::int64_t points, std::int64_t lines,
                        std::initializer_list<Tensor> reads, const Tensor& write, double flop) {
    const std::int64_t groups = lines * blocks;
    const Push push{static_cast<std::uint32_t>(groups), static_cast<std::uint32_t>(w.channels),
                    static_cast<std::uint32_t>(frequencies)};
    p.dispatch(name, {kernels(device).get("global_filter_" + name,
                                          std::array{elementwise_lanes(device),
                                                     static_cast<std::uint32_t>(points)}),
                      reads,
                      {write},
                      push_bytes(push),
                      split_groups(device, "global_filter", groups),
                      flop * static_cast<double>(lines * w.channels)});
  };
  const auto scope = p.scope(w.name);
  const double row_flop = 2.0 * static_cast<double>(w.columns * frequencies);
  const double column_flop = 4.0 * static_cast<double>(w.rows * w.rows + 2 * w.rows);
  const Tensor spectrum = p.value("spectrum", spectrum_spec);
  step("rows", w.columns, batch * w.rows, {row_waves, x}, spectrum, row_flop);
  const Tensor filtered = p.value("filtered", spectrum_spec);
  step("columns", w.rows, batch * frequencies, {column_waves, spectrum, filters}, filtered,
       column_flop);
  const Tensor y = p.value("mixed", {shape});
  step("back", w.columns, batch * w.rows, {row_waves, filtered}, y, row_flop);
  return y;
}

}  // namespace fovea::compute::ops
