// SPDX-License-Identifier: Apache-2.0
#include "vision/quality/stream_watch.hpp"

#include <algorithm>
#include <cmath>

namespace fovea::vision {
namespace {

constexpr double kRemembers = 600;   // seconds
constexpr double kFrozenAfter = 10;  // seconds
constexpr double kSame = 1e-6;       // relative; a transform repeated on one device has no error

double edges_of(const std::vector<Rings>& rings) {
  double energy = 0;
  for (const Rings& tile : rings) {
    for (int k = 1; k < kRings; ++k) {
      energy += std::pow(k / 64.0, 3) * tile.power[static_cast<std::size_t>(k)];
    }
  }
  return std::sqrt(energy / static_cast<double>(rings.size()));
}

bool is_same(const std::vector<Rings>& a, const std::vector<Rings>& b) {
  const auto same_ring = [](double x, double y) { return std::abs(x - y) <= kSame * (x + y); };
  return std::ranges::equal(a, b, [&](const Rings& x, const Rings& y) {
    return std::ranges::equal(x.power, y.power, same_ring);
  });
}

}  // namespace

void StreamWatch::observe(double seconds, const std::vector<Rings>& rings, Quality& quality) {
  if (rings.empty()) return;
  if (seen_ == 0 || seconds < seconds_ || !is_same(rings, previous_)) changed_ = seconds;
  quality[Flaw::frozen] =
      static_cast<float>(std::max(0.0, 1 - (seconds - changed_) / kFrozenAfter));
  const double edges = edges_of(rings);
  if (seen_ == 0) usual_ = edges;
  quality[Flaw::obstruction] =
      usual_ > 0 ? static_cast<float>(std::min(1.0, edges / usual_)) : 1.0f;
  seen_ += 1;
  const double since = std::max(0.0, seconds - seconds_);
  // At the beginning all pictures count alike, so that a bad first one is soon outweighed.
  usual_ += (edges - usual_) * std::max(1 - std::exp(-since / kRemembers), 1 / seen_);
  seconds_ = seconds;
  previous_ = rings;
}

}  // namespace fovea::vision
