// SPDX-License-Identifier: Apache-2.0
#include "vision/models/positions.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace fovea::vision {
namespace {

/// What one output coordinate reads: weights for source coordinates, which may repeat.
struct Tap {
  int source = 0;
  double weight = 0;
};
using Taps = std::vector<Tap>;

/// Keys' cubic convolution kernel (1981) with its free parameter `a`.
double cubic(double x, double a) {
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

Taps plain_taps(int output, double scale, int from) {
  const double center = (output + 0.5) * scale - 0.5;
  const int first = static_cast<int>(std::floor(center)) - 1;
  Taps taps;
  for (int source = first; source < first + 4; ++source) {
    taps.push_back({std::clamp(source, 0, from - 1), cubic(source - center, -0.75)});
  }
  return taps;
}

Taps antialias_taps(int output, double scale, int from) {
  const double widening = std::max(scale, 1.0);
  const double support = 2 * widening;
  const double center = (output + 0.5) * scale;
  const int first = std::max(static_cast<int>(center - support + 0.5), 0);
  const int end = std::min(static_cast<int>(center + support + 0.5), from);
  Taps taps;
  double sum = 0;
  for (int source = first; source < end; ++source) {
    taps.push_back({source, cubic((source + 0.5 - center) / widening, -0.5)});
    sum += taps.back().weight;
  }
  for (Tap& tap : taps) tap.weight /= sum;
  return taps;
}

std::vector<Taps> axis_taps(int from, int to, PositionResampling resampling) {
  const double scale = static_cast<double>(from) / to;
  std::vector<Taps> axis;
  for (int output = 0; output < to; ++output) {
    axis.push_back(resampling == PositionResampling::bicubic ? plain_taps(output, scale, from)
                                                             : antialias_taps(output, scale, from));
  }
  return axis;
}

}  // namespace

std::vector<float> resample_positions(std::span<const float> values, PatchGrid from, PatchGrid to,
                                      int channels, PositionResampling resampling) {
  assert(from.count() > 0 && to.count() > 0);
  const auto width = static_cast<std::size_t>(channels);
  assert(values.size() == static_cast<std::size_t>(from.count()) * width);

  const std::vector<Taps> rows = axis_taps(from.rows, to.rows, resampling);
  const std::vector<Taps> columns = axis_taps(from.columns, to.columns, resampling);
  std::vector<float> resampled;
  resampled.reserve(static_cast<std::size_t>(to.count()) * width);
  std::vector<double> sum(width);
  for (const Taps& row_taps : rows) {
    for (const Taps& column_taps : columns) {
      std::fill(sum.begin(), sum.end(), 0.0);
      for (const Tap& row : row_taps) {
        for (const Tap& column : column_taps) {
          const double weight = row.weight * column.weight;
          const std::size_t cell =
              (static_cast<std::size_t>(row.source) * static_cast<std::size_t>(from.columns) +
               static_cast<std::size_t>(column.source)) *
              width;
          for (std::size_t c = 0; c < width; ++c) sum[c] += weight * values[cell + c];
        }
      }
      for (double value : sum) resampled.push_back(static_cast<float>(value));
    }
  }
  return resampled;
}

std::vector<float> sequence_positions(const VitConfig& config, std::span<const float> stored,
                                      PatchGrid grid) {
  const auto width = static_cast<std::size_t>(config.hidden_size);
  const auto values_of = [&](int tokens) { return static_cast<std::size_t>(tokens) * width; };
  const PatchGrid own{config.grid_h(), config.grid_w()};
  const std::size_t detection = values_of(config.detection_tokens);
  const std::size_t prefix = config.positions_cover_prefix ? values_of(config.prefix_tokens()) : 0;
  assert(stored.size() == prefix + values_of(own.count()) + detection);

  std::vector<float> positions(stored.end() - static_cast<std::ptrdiff_t>(detection), stored.end());
  const auto append = [&](std::span<const float> rows) {
    positions.insert(positions.end(), rows.begin(), rows.end());
  };
  append(stored.first(prefix));
  positions.resize(detection + values_of(config.prefix_tokens()), 0.0f);
  const auto patches = stored.subspan(prefix, values_of(own.count()));
  if (grid == own) {
    append(patches);
  } else {
    append(resample_positions(patches, own, grid, config.hidden_size, config.position_resampling));
  }
  return positions;
}

}  // namespace fovea::vision
