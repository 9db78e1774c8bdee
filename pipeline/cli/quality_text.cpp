// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/quality_text.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "vision/quality/tiles.hpp"

namespace fovea::pipeline {
namespace {

std::string words_for(vision::Flaw flaw, const vision::Quality& quality) {
  using vision::Flaw;
  const auto wave = [&](const char* what) {
    return quality.wave ? fmt::format("{} every {:.1f} px at {:.0f} degrees", what,
                                      quality.wave->period_px, quality.wave->degrees)
                        : std::string(what);
  };
  switch (flaw) {
    case Flaw::blur:
      return quality.blur_px && *quality.blur_px < 10
                 ? fmt::format("blurred by about {:.1f} px", *quality.blur_px)
                 : "without detail";
    case Flaw::motion:
      return quality.motion_degrees
                 ? fmt::format("moved along {:.0f} degrees", *quality.motion_degrees)
                 : "moved";
    case Flaw::banding:
      return wave("banding");
    case Flaw::moire:
      return wave("a pattern");
    case Flaw::blocks:
      return "JPEG blocks";
    case Flaw::noise:
      return "noisy";
    case Flaw::exposure:
      return "badly exposed";
    case Flaw::obstruction:
      return "obstructed";
    case Flaw::frozen:
      return "frozen";
  }
  return {};
}

}  // namespace

std::string verdict(const vision::Quality& quality) {
  if (!quality[vision::Flaw::blur] && quality.low.empty()) return "too small to tell";
  std::string text;
  for (const vision::Flaw flaw : quality.low) {
    text += (text.empty() ? "" : ", ") + words_for(flaw, quality);
  }
  return text.empty() ? "good" : text;
}

std::string score_text(const std::optional<float>& score) {
  return score ? fmt::format("{:.2f}", *score) : "-";
}

cv::Mat spectrum_picture(const cv::Mat& power) {
  constexpr double kRange = 16.1;  // ln(10,000,000)
  cv::Mat level;
  cv::log(vision::centred(power) + 1e-9, level);
  double strongest = 0;
  cv::minMaxLoc(level, nullptr, &strongest);
  cv::Mat grey, picture;
  level.convertTo(grey, CV_8U, 255 / kRange, 255 - strongest * 255 / kRange);
  cv::resize(grey, grey, {}, 2, 2, cv::INTER_NEAREST);
  cv::applyColorMap(grey, picture, cv::COLORMAP_INFERNO);
  cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
  const int middle = grey.cols / 2, tick = grey.cols / 32;
  const cv::Scalar white(255, 255, 255);
  for (const int end : {0, grey.cols - 1}) {
    const int inner = end == 0 ? tick : end - tick;
    cv::line(picture, {end, middle}, {inner, middle}, white);
    cv::line(picture, {middle, end}, {middle, inner}, white);
  }
  return picture;
}

}  // namespace fovea::pipeline
