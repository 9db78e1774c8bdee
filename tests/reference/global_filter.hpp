// SPDX-License-Identifier: Apache-2.0
#pragma once
// y = irfft2(weight * rfft2(x)), both orthonormal, as the sums that define them (Rao et al. 2021).

#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

namespace fovea::reference {

using Wave = std::complex<double>;

/// exp(2 pi i turns)
inline Wave wave(double turns) { return std::polar(1.0, 2 * std::numbers::pi * turns); }

/// One channel: x [H, W], weight [H, W / 2 + 1] -> [H, W]. The columns are inverted first, then
/// the rows, whose spectra's imaginary parts at 0 and W / 2 no real row has: they are dropped.
inline std::vector<double> global_filter_plane(std::span<const double> x,
                                               std::span<const Wave> weight, std::size_t height,
                                               std::size_t width) {
  const std::size_t frequencies = width / 2 + 1;
  const auto h_of = static_cast<double>(height), w_of = static_cast<double>(width);
  const double ortho = 1 / std::sqrt(h_of * w_of);
  std::vector<Wave> spectrum(height * frequencies), columns(height * frequencies);
  for (std::size_t u = 0; u < height; ++u) {
    for (std::size_t v = 0; v < frequencies; ++v) {
      Wave sum = 0;
      for (std::size_t h = 0; h < height; ++h) {
        for (std::size_t w = 0; w < width; ++w) {
          sum += x[h * width + w] * wave(-static_cast<double>(u * h % height) / h_of -
                                         static_cast<double>(v * w % width) / w_of);
        }
      }
      spectrum[u * frequencies + v] = ortho * sum * weight[u * frequencies + v];
    }
  }
  for (std::size_t h = 0; h < height; ++h) {
    for (std::size_t v = 0; v < frequencies; ++v) {
      for (std::size_t u = 0; u < height; ++u) {
        columns[h * frequencies + v] +=
            spectrum[u * frequencies + v] * wave(static_cast<double>(u * h % height) / h_of);
      }
    }
  }
  std::vector<double> y(height * width);
  for (std::size_t h = 0; h < height; ++h) {
    for (std::size_t w = 0; w < width; ++w) {
      for (std::size_t v = 0; v < frequencies; ++v) {
        const Wave z = columns[h * frequencies + v];
        const Wave turned = wave(static_cast<double>(v * w % width) / w_of);
        const bool is_own_mirror = v == 0 || 2 * v == width;
        y[h * width + w] +=
            ortho * (is_own_mirror ? z.real() * turned.real() : 2 * (z * turned).real());
      }
    }
  }
  return y;
}

/// x [B, H W, C], weight [H, W / 2 + 1, C, 2] -> [B, H W, C]
template <class Value>
std::vector<double> global_filter(std::span<const Value> x, std::span<const float> weight,
                                  std::size_t batch, std::size_t height, std::size_t width,
                                  std::size_t channels) {
  const std::size_t tokens = height * width, frequencies = height * (width / 2 + 1);
  std::vector<double> y(batch * tokens * channels), plane(tokens);
  std::vector<Wave> filter(frequencies);
  for (std::size_t b = 0; b < batch; ++b) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t t = 0; t < tokens; ++t) plane[t] = x[(b * tokens + t) * channels + c];
      for (std::size_t f = 0; f < frequencies; ++f) {
        const std::size_t at = (f * channels + c) * 2;
        filter[f] = {weight[at], weight[at + 1]};
      }
      const std::vector<double> mixed = global_filter_plane(plane, filter, height, width);
      for (std::size_t t = 0; t < tokens; ++t) y[(b * tokens + t) * channels + c] = mixed[t];
    }
  }
  return y;
}

}  // namespace fovea::reference
