// SPDX-License-Identifier: Apache-2.0
#pragma once
// `change` in YAML: lets a picture go on to the model only if it differs from the last one of its
// source that did, or if that was long ago.

#include <functional>
#include <optional>

#include "pipeline/config/spectral_config.hpp"
#include "pipeline/line/stage.hpp"
#include "pipeline/track/per_source.hpp"
#include "vision/spectral/change.hpp"

namespace fovea::pipeline {

class ChangeStage : public FrameStage {
 public:
  /// `look`: vision::tile_spectra() by whatever transforms.
  using Look = std::function<vision::TileSpectra(const cv::Mat& rgb)>;
  ChangeStage(const ChangeConfig& config, Look look);

  std::string_view name() const override { return "change"; }
  std::vector<Data> needs() const override { return {Data::image}; }
  std::vector<Data> gives() const override { return {}; }
  std::optional<Frame> process(Frame frame) override;

 private:
  struct Stream {
    std::optional<vision::TileSpectra> passed;  // the last that went on
    double passed_s = 0;                        // its time
    std::uint64_t stills = 0;                   // pictures without a time of their own, so far
  };

  ChangeConfig config_;
  Look look_;
  PerSource<Stream> streams_;
};

}  // namespace fovea::pipeline
