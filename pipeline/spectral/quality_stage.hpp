// SPDX-License-Identifier: Apache-2.0
#pragma once
// `quality` in YAML: scores the picture itself, before or after any model has seen it.

#include <functional>
#include <string_view>
#include <vector>

#include "pipeline/config/quality_config.hpp"
#include "pipeline/line/stage.hpp"
#include "pipeline/spectral/quality_alarm.hpp"
#include "pipeline/track/per_source.hpp"
#include "vision/quality/stream_watch.hpp"
#include "vision/quality/tiles.hpp"

namespace fovea::pipeline {

/// The tiles' Fourier transforms: vision::quality_spectra(), or its twin in tests.
using SpectraOf = std::function<cv::Mat(const vision::QualityTiles&)>;

class QualityStage : public FrameStage {
 public:
  QualityStage(const QualityConfig& config, SpectraOf spectra);
  std::string_view name() const override { return "quality"; }
  std::vector<Data> needs() const override { return {Data::image}; }
  std::vector<Data> gives() const override;
  /// Sets Frame::quality. Nothing, where a score is below its least and on_fail is skip.
  std::optional<Frame> process(Frame frame) override;

  /// Mean power of the last picture's tiles, [side, side / 2 + 1] f32; empty where it had none.
  cv::Mat last_spectrum() const;

 private:
  struct Stream {
    vision::StreamWatch watch;
    QualityAlarm alarm;
  };

  const QualityConfig config_;
  SpectraOf spectra_;
  std::vector<cv::Mat> powers_;  // of the last picture
  PerSource<Stream> streams_;
};

}  // namespace fovea::pipeline
