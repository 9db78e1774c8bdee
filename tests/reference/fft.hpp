// SPDX-License-Identifier: Apache-2.0
#pragma once
// X[u, v] = sum over r, c of x[r, c] exp(-2 pi i (u r / H + v c / W)), straight from the formula,
// one axis after the other.

#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

namespace fovea::reference {

using Complex = std::complex<double>;

/// Transforms `count` values that lie `stride` apart, from `first` on; `sign` -1 is forward. Not
/// normalised.
inline void dft_line(std::vector<Complex>& values, std::size_t first, std::size_t stride,
                     std::size_t count, int sign) {
  std::vector<Complex> turns(count), line(count);
  for (std::size_t k = 0; k < count; ++k) {
    turns[k] = std::polar(
        1.0, sign * 2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(count));
    line[k] = values[first + k * stride];
  }
  for (std::size_t u = 0; u < count; ++u) {
    Complex sum;
    for (std::size_t r = 0; r < count; ++r) sum += line[r] * turns[u * r % count];
    values[first + u * stride] = sum;
  }
}

/// All of `planes` planes [rows, columns], forward (-1) or back (1). Not normalised.
inline void dft2(std::vector<Complex>& values, std::size_t planes, std::size_t rows,
                 std::size_t columns, int sign) {
  for (std::size_t b = 0; b < planes; ++b) {
    const std::size_t plane = b * rows * columns;
    for (std::size_t r = 0; r < rows; ++r) {
      dft_line(values, plane + r * columns, 1, columns, sign);
    }
    for (std::size_t c = 0; c < columns; ++c) {
      dft_line(values, plane + c, columns, rows, sign);
    }
  }
}

/// x [B, H, W] -> [B, H, W / 2 + 1, 2]
inline std::vector<double> rfft2(std::span<const float> x, std::size_t planes, std::size_t rows,
                                 std::size_t columns) {
  std::vector<Complex> values(x.begin(), x.end());
  dft2(values, planes, rows, columns, -1);
  std::vector<double> y;
  for (std::size_t line = 0; line < planes * rows; ++line) {
    for (std::size_t v = 0; v <= columns / 2; ++v) {
      y.push_back(values[line * columns + v].real());
      y.push_back(values[line * columns + v].imag());
    }
  }
  return y;
}

/// spectrum [B, H, W / 2 + 1, 2] -> [B, H, W]: the columns that are not given are the mirror of
/// those that are, and of what no real plane has the real part is taken, as numpy.fft.irfft2.
inline std::vector<double> irfft2(std::span<const float> spectrum, std::size_t planes,
                                  std::size_t rows, std::size_t columns) {
  const std::size_t kept = columns / 2 + 1;
  std::vector<Complex> half(planes * rows * kept);
  for (std::size_t i = 0; i < half.size(); ++i) half[i] = {spectrum[2 * i], spectrum[2 * i + 1]};
  for (std::size_t b = 0; b < planes; ++b) {
    for (std::size_t v = 0; v < kept; ++v) dft_line(half, b * rows * kept + v, kept, rows, 1);
  }
  std::vector<double> y;
  for (std::size_t line = 0; line < planes * rows; ++line) {
    std::vector<Complex> whole(columns);
    for (std::size_t v = 0; v < kept; ++v) {
      whole[v] = half[line * kept + v];
      if (v > 0) whole[columns - v] = std::conj(whole[v]);
    }
    whole[0] = whole[0].real();
    if (columns % 2 == 0) whole[columns / 2] = half[line * kept + columns / 2].real();
    dft_line(whole, 0, 1, columns, 1);
    for (const Complex& value : whole) {
      y.push_back(value.real() / static_cast<double>(rows * columns));
    }
  }
  return y;
}

}  // namespace fovea::reference
