// SPDX-License-Identifier: Apache-2.0
#include "vision/quality/sharpness.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace fovea::vision {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr int kDirections = 90;        // of motion that are tried, 2 degrees apart
constexpr double kMotionBlurPx = 2;    // finer, and noise decides; coarser, and short motion hides
constexpr int kFirstFloorRing = 27;    // from here on lenses and sensors leave little
constexpr double kPlainEnergy = 0.09;  // sum of f^3 / 12: rounding to whole grey levels

double frequency_of(int ring) { return ring / 64.0; }

/// How much power a Gaussian blur of `sigma` pixels leaves at frequency f.
double kept(double f, double sigma) { return std::exp(-4 * kPi * kPi * sigma * sigma * f * f); }

/// Where each place of a spectrum belongs.
struct Places {
  struct Place {
    std::uint8_t ring = 0, sector = 0;
    float weight = 0;  // 2 where it stands for its mirror too; 0 outside the last ring
  };
  explicit Places(int side) : columns(side / 2 + 1) {
    places.reserve(static_cast<std::size_t>(side * columns));
    for (int y = 0; y < side; ++y) {
      for (int x = 0; x < columns; ++x) {
        const double u = static_cast<double>(y < side / 2 ? y : y - side) / side;
        const double v = static_cast<double>(x) / side;
        const double f = std::hypot(u, v);
        double angle = std::atan2(-u, v);  // rows run downwards
        if (angle < 0) angle += kPi;
        const bool own_mirror = x == 0 || x == side / 2;
        places.push_back(
            {static_cast<std::uint8_t>(std::min<long>(std::lround(f * 64), kRings - 1)),
             static_cast<std::uint8_t>(std::lround(angle / kPi * kSectors) % kSectors),
             f > 0.5 || f == 0 ? 0.0f : (own_mirror ? 1.0f : 2.0f)});
      }
    }
  }
  int columns;
  std::vector<Place> places;
};

const Places& places_of(const cv::Mat& power) {
  static const Places small(64), middle(128), large(256);
  return power.rows == 64 ? small : power.rows == 128 ? middle : large;
}

template <class Take>
void for_each_place(const cv::Mat& power, Take take) {
  const Places& places = places_of(power);
  auto place = places.places.begin();
  for (int y = 0; y < power.rows; ++y) {
    const float* row = power.ptr<float>(y);
    for (int x = 0; x < places.columns; ++x, ++place) {
      if (place->weight > 0) take(*place, static_cast<double>(row[x]));
    }
  }
}

using Sectors = std::array<std::array<double, kRings>, kSectors>;

/// Power above the noise by direction and ring, over all tiles.
Sectors sectors_of(const std::vector<cv::Mat>& powers, const std::vector<Rings>& rings) {
  Sectors raw{};
  for (std::size_t t = 0; t < powers.size(); ++t) {
    for_each_place(powers[t], [&](const Places::Place& place, double power) {
      if (rings[t].clear[place.ring]) {
        raw[place.sector][place.ring] += place.weight * (power - rings[t].floor);
      }
    });
  }
  Sectors smooth{};
  for (int s = 0; s < kSectors; ++s) {
    for (int k = 0; k < kRings; ++k) {
      for (const int neighbour : {s + kSectors - 1, s, s + 1}) {
        smooth[s][k] += std::max(0.0, raw[neighbour % kSectors][k]);
      }
    }
  }
  return smooth;
}

/// Loss of edge energy by a blur along direction `d`: of the derivative in that direction.
double loss_along(const Sectors& sectors, int d) {
  double lost = 0, all = 0;
  for (int s = 0; s < kSectors; ++s) {
    const double cosine = std::cos(kPi * d / kDirections - kPi * s / kSectors);
    for (int k = 1; k < kRings; ++k) {
      const double u = frequency_of(k) * cosine;
      const double energy = u * u * sectors[s][k];
      lost += energy * (1 - kept(u, kMotionBlurPx));
      all += energy;
    }
  }
  return all > 0 ? lost / all : 0;
}

}  // namespace

Rings rings_of(const cv::Mat& power) {
  Rings rings;
  std::array<double, kRings> weight{};
  for_each_place(power, [&](const Places::Place& place, double value) {
    rings.power[place.ring] += place.weight * value;
    weight[place.ring] += place.weight;
  });
  for (int k = 0; k < kRings; ++k) rings.power[k] /= std::max(1.0, weight[k]);
  rings.floor = *std::min_element(rings.power.begin() + kFirstFloorRing, rings.power.end());
  // A ring's mean strays the less the more places it has: in proportion to 1 / side.
  const double margin = 1 + 77.0 / power.rows;
  for (int k = 1; k < kRings; ++k) rings.clear[k] = rings.power[k] > margin * rings.floor;
  return rings;
}

std::vector<Rings> rings_of(const std::vector<cv::Mat>& powers) {
  std::vector<Rings> rings;
  for (const cv::Mat& power : powers) rings.push_back(rings_of(power));
  return rings;
}

double loss_by_blur(const Rings& rings) {
  double lost = 0, all = kPlainEnergy;
  for (int k = 1; k < kRings; ++k) {
    if (!rings.clear[k]) continue;
    const double f = frequency_of(k);
    const double energy = (rings.power[k] - rings.floor) * f * f * f;  // a ring's length grows as f
    lost += energy * (1 - kept(f, 1));
    all += energy;
  }
  return lost / all;
}

double blur_px_of(double loss) { return std::sqrt(std::max(0.0, 1 / std::max(loss, 1e-4) - 1)); }

std::optional<Motion> motion_of(const std::vector<cv::Mat>& powers,
                                const std::vector<Rings>& rings) {
  const Sectors sectors = sectors_of(powers, rings);
  std::array<double, kDirections> losses{};
  for (int d = 0; d < kDirections; ++d) losses[d] = loss_along(sectors, d);
  const auto greatest = std::max_element(losses.begin(), losses.end());
  if (*greatest <= 0) return std::nullopt;
  const auto least = std::min_element(losses.begin(), losses.end());
  const auto d = least - losses.begin();
  const double before = losses[static_cast<std::size_t>((d + kDirections - 1) % kDirections)];
  const double after = losses[static_cast<std::size_t>((d + 1) % kDirections)];
  const double bend = before - 2 * *least + after;
  const double shift = bend > 0 ? (before - after) / (2 * bend) : 0;  // of a parabola's least
  const double degrees = (static_cast<double>(d) + shift) * 180 / kDirections;
  return Motion{*least / *greatest, std::fmod(degrees + 180, 180)};
}

}  // namespace fovea::vision
