// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spectral/quality_stage.hpp"

#include <utility>

#include <opencv2/core.hpp>

#include "pipeline/spectral/stream_of.hpp"
#include "pipeline/track/stream_time.hpp"
#include "vision/quality/score.hpp"

namespace fovea::pipeline {

QualityStage::QualityStage(const QualityConfig& config, SpectraOf spectra)
    : config_(config), spectra_(std::move(spectra)) {}

std::vector<Data> QualityStage::gives() const {
  if (config_.on_fail == OnFail::alarm) return {Data::events};
  return {};
}

std::optional<Frame> QualityStage::process(Frame frame) {
  const cv::Mat grey = vision::to_grey(frame.image.rgb);
  const vision::QualityTiles tiles = vision::make_tiles(grey);
  powers_.clear();
  if (tiles.count > 0) powers_ = vision::to_power(tiles, spectra_(tiles));
  const std::vector<vision::Rings> rings = vision::rings_of(powers_);
  vision::Quality quality = vision::score_picture(grey, powers_, rings);
  const bool of_stream = !is_still(frame.tag);
  const double seconds = seconds_of(frame.tag);
  Stream* stream = nullptr;
  if (of_stream) {
    stream = &streams_.of(frame.tag.source, [] { return Stream(); });
    stream->watch.observe(seconds, rings, quality);
  }
  const auto least = config_.least();
  for (std::size_t i = 0; i < vision::kFlaws; ++i) {
    if (quality.scores[i] && *quality.scores[i] < least[i]) {
      quality.low.push_back(static_cast<vision::Flaw>(i));
    }
  }
  if (config_.on_fail == OnFail::skip && !quality.low.empty()) return std::nullopt;
  if (config_.on_fail == OnFail::alarm) {
    // A still picture has no time in which to get better.
    QualityAlarm still;
    QualityAlarm& alarm = stream != nullptr ? stream->alarm : still;
    const std::chrono::duration<double> grace =
        of_stream ? config_.grace : decltype(config_.grace)(0);
    alarm.observe(seconds, grace.count(), quality, frame.events);
  }
  frame.quality = std::move(quality);
  return frame;
}

cv::Mat QualityStage::last_spectrum() const {
  cv::Mat mean;
  for (const cv::Mat& power : powers_) {
    if (mean.empty()) {
      mean = power.clone();
    } else {
      mean += power;
    }
  }
  return mean.empty() ? mean : cv::Mat(mean / static_cast<double>(powers_.size()));
}

}  // namespace fovea::pipeline
