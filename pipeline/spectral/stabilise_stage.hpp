// SPDX-License-Identifier: Apache-2.0
#pragma once
// `stabilise` in YAML: tells how far each picture is shifted against the first of its source, as
// Frame::drift. A track stage behind it follows objects where they would be had the camera stood
// still.

#include <optional>

#include "pipeline/config/spectral_config.hpp"
#include "pipeline/line/stage.hpp"
#include "pipeline/track/per_source.hpp"
#include "vision/spectral/drift.hpp"

namespace fovea::pipeline {

class StabiliseStage : public FrameStage {
 public:
  /// `fourier` outlives it.
  StabiliseStage(const StabiliseConfig& config, vision::Fourier& fourier);

  std::string_view name() const override { return "stabilise"; }
  std::vector<Data> needs() const override { return {Data::image}; }
  std::vector<Data> gives() const override { return {Data::drift}; }
  /// Throws FrameError for pictures under 32 x 32 pixels.
  std::optional<Frame> process(Frame frame) override;

 private:
  struct Stream {
    std::optional<vision::DriftPicture> reference;
    cv::Point2d of_reference;  // the reference's own drift, against the first picture
    cv::Point2d last;
  };

  StabiliseConfig config_;
  vision::Fourier& fourier_;
  PerSource<Stream> streams_{64};  // each holds a picture
};

}  // namespace fovea::pipeline
