// SPDX-License-Identifier: Apache-2.0
#include "vision/spectral/drift.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include <opencv2/core.hpp>

#include "vision/spectral/window.hpp"

namespace fovea::vision {
namespace {

using Complex = std::complex<float>;

constexpr int kLongSide = 320;  // of the copy that is compared
constexpr int kGrain = 16;      // its sides are multiples of it: few sizes, quick transforms

cv::Size small_size(const cv::Mat& rgb) {
  const double scale = std::min(1.0, static_cast<double>(kLongSide) / std::max(rgb.cols, rgb.rows));
  const auto scaled = [&](int px) {
    return std::max(2 * kGrain, static_cast<int>(px * scale) / kGrain * kGrain);
  };
  return {scaled(rgb.cols), scaled(rgb.rows)};
}

cv::Point margin_of(const cv::Mat& grey) { return {grey.cols / 8, grey.rows / 8}; }

/// The spectrum of what lies within the margins, moved by `shift`.
cv::Mat middle_spectrum(Fourier& fourier, const cv::Mat& grey, cv::Point shift) {
  const cv::Point margin = margin_of(grey);
  const cv::Size size{grey.cols - 2 * margin.x, grey.rows - 2 * margin.y};
  cv::Mat plane(size, CV_32F);
  apply_window(grey(cv::Rect(margin + shift, size)), hann_window(size.height, size.width), plane);
  return fourier.forward(plane, 1);
}

/// now conj(reference) / |now conj(reference)|: all phase, no magnitude.
cv::Mat cross_phases(const cv::Mat& reference, const cv::Mat& now) {
  cv::Mat cross(now.size(), CV_32FC2);
  for (int u = 0; u < cross.rows; ++u) {
    const auto* a = reference.ptr<Complex>(u);
    const auto* b = now.ptr<Complex>(u);
    auto* to = cross.ptr<Complex>(u);
    for (int v = 0; v < cross.cols; ++v) {
      const Complex value = b[v] * std::conj(a[v]);
      const float magnitude = std::abs(value);
      to[v] = magnitude > 0 ? value / magnitude : Complex{};
    }
  }
  return cross;
}

}  // namespace

cv::Point2d fit_phases(const cv::Mat& reference, const cv::Mat& now, int width) {
  constexpr double kTurn = 2 * std::numbers::pi;
  cv::Point2d shift;
  // A turn of a phase that is off by more than half of one shows once the rest is taken out.
  for (int round = 0; round < 4; ++round) {
    double xx = 0, xy = 0, yy = 0, xp = 0, yp = 0;
    for (int u = 0; u < now.rows; ++u) {
      const double fy = static_cast<double>(2 * u < now.rows ? u : u - now.rows) / now.rows;
      if (std::abs(fy) > 0.25) continue;
      const auto* a = reference.ptr<Complex>(u);
      const auto* b = now.ptr<Complex>(u);
      for (int v = 0; v < now.cols && 4 * v < width; ++v) {
        // The window makes the longest waves its own.
        if (v < 2 && std::abs(fy) * now.rows < 2) continue;
        const double fx = static_cast<double>(v) / width;
        const std::complex<double> cross =
            std::complex<double>(b[v]) * std::conj(std::complex<double>(a[v]));
        const double phase =
            std::arg(cross * std::polar(1.0, kTurn * (fx * shift.x + fy * shift.y)));
        const double weight = std::abs(cross);
        xx += weight * fx * fx;
        xy += weight * fx * fy;
        yy += weight * fy * fy;
        xp += weight * fx * phase;
        yp += weight * fy * phase;
      }
    }
    const double determinant = xx * yy - xy * xy;
    if (determinant <= 0) break;
    shift.x -= (yy * xp - xy * yp) / determinant / kTurn;
    shift.y -= (xx * yp - xy * xp) / determinant / kTurn;
  }
  return shift;
}

DriftPicture drift_picture(Fourier& fourier, const cv::Mat& rgb) {
  DriftPicture picture;
  picture.grey = small_grey(rgb, small_size(rgb));
  picture.scale = {static_cast<double>(rgb.cols) / picture.grey.cols,
                   static_cast<double>(rgb.rows) / picture.grey.rows};
  picture.spectrum = middle_spectrum(fourier, picture.grey, {0, 0});
  return picture;
}

cv::Point2d largest_drift(const DriftPicture& picture) {
  const cv::Point margin = margin_of(picture.grey);
  return {margin.x * picture.scale.x, margin.y * picture.scale.y};
}

std::optional<Drift> measure_drift(Fourier& fourier, const DriftPicture& reference,
                                   const DriftPicture& picture, double least_peak) {
  const cv::Mat& grey = picture.grey;
  const cv::Point margin = margin_of(grey);
  const int width = grey.cols - 2 * margin.x, height = grey.rows - 2 * margin.y;
  const cv::Mat correlation =
      fourier.inverse(cross_phases(reference.spectrum, picture.spectrum), 1, width);
  double peak = 0;
  cv::Point whole;
  cv::minMaxLoc(correlation, nullptr, &peak, nullptr, &whole);
  if (2 * whole.x > width) whole.x -= width;
  if (2 * whole.y > height) whole.y -= height;
  if (peak < least_peak || std::abs(whole.x) > margin.x || std::abs(whole.y) > margin.y) {
    return std::nullopt;
  }
  // Where the whole pixels are taken out, both windows show the same part of the scene.
  const cv::Mat now =
      whole == cv::Point() ? picture.spectrum : middle_spectrum(fourier, grey, whole);
  const cv::Point2d rest = fit_phases(reference.spectrum, now, width);
  return Drift{(whole.x + rest.x) * picture.scale.x, (whole.y + rest.y) * picture.scale.y, peak};
}

}  // namespace fovea::vision
