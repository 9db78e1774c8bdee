// SPDX-License-Identifier: Apache-2.0
#include "vision/quality/score.hpp"

#include <algorithm>
#include <cmath>

#include "vision/quality/pattern.hpp"
#include "vision/quality/pixels.hpp"
#include "vision/quality/sharpness.hpp"

namespace fovea::vision {
namespace {

// Chosen so that 0.3 is where a flaw begins to matter, for each score.
constexpr double kWaveLevels = 3;    // root mean square
constexpr double kNoiseLevels = 20;  // standard deviation
constexpr double kMovedBelow = 0.5;  // a direction is told

/// 1 for none, 1/2 for `unit`.
float falling(double amount, double unit) {
  return static_cast<float>(1 / (1 + (amount / unit) * (amount / unit)));
}

/// The value that a share `p` of the others is below, between neighbours in proportion.
double quantile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  const double place = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

void score_spectra(const std::vector<cv::Mat>& powers, const std::vector<Rings>& rings,
                   Quality& quality) {
  std::vector<double> losses, floors;
  for (const Rings& tile : rings) {
    losses.push_back(loss_by_blur(tile));
    floors.push_back(tile.floor);
  }
  // A picture is sharp where a quarter of it is: the rest may be out of focus on purpose.
  const double loss = quantile(losses, 0.75);
  quality[Flaw::blur] = static_cast<float>(loss);
  quality.blur_px = blur_px_of(loss);
  // Noise is everywhere, fine texture is not.
  quality[Flaw::noise] = falling(std::sqrt(quantile(floors, 0.25)), kNoiseLevels);
  if (const auto motion = motion_of(powers, rings)) {
    quality[Flaw::motion] = static_cast<float>(motion->score);
    if (motion->score < kMovedBelow) quality.motion_degrees = motion->degrees;
  }
  const Patterns patterns = find_patterns(powers);
  quality[Flaw::banding] = falling(patterns.rows_or_columns, kWaveLevels);
  quality[Flaw::moire] = falling(patterns.across, kWaveLevels);
  quality.wave = patterns.strongest;
}

}  // namespace

Quality score_picture(const cv::Mat& grey, const std::vector<cv::Mat>& powers,
                      const std::vector<Rings>& rings) {
  Quality quality;
  quality[Flaw::exposure] = static_cast<float>(exposure_score(exposure_of(grey)));
  if (const auto blocks = blockiness(grey)) {
    quality[Flaw::blocks] = static_cast<float>(1 / (1 + *blocks));
  }
  if (!powers.empty()) score_spectra(powers, rings, quality);
  return quality;
}

}  // namespace fovea::vision
