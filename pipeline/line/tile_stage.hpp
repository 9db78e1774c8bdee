// SPDX-License-Identifier: Apache-2.0
#pragma once
// `detect: {tile: ...}` in YAML: a detector that looks at overlapping parts of each picture, and at
// the whole, so that small objects are not lost when the picture is made small for the model.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <opencv2/core/types.hpp>

#include "pipeline/config/stage_config.hpp"
#include "pipeline/line/stage.hpp"

namespace fovea::pipeline {

/// One picture is one flight: its parts go through the detector in batches of the detector's.
/// A picture that is no larger than a tile is looked at once, as without tiles.
class TileStage : public ModelStage {
 public:
  /// Requires: the detector takes its pictures resized on the host.
  TileStage(std::unique_ptr<ModelStage> detector, const TileConfig& config);

  std::string_view name() const override { return detector_->name(); }
  std::vector<Data> needs() const override { return detector_->needs(); }
  std::vector<Data> gives() const override { return detector_->gives(); }
  int batch() const override { return 1; }
  int slots() const override { return detector_->slots(); }
  std::size_t input_bytes(InputSize size) const override { return size.source_bytes; }
  /// Throws FrameError for a picture of too many parts.
  InputSize input_size(const Frame& frame) const override;
  bool shrink(double share) override { return detector_->shrink(share); }
  void prepare(const Frame& frame, std::span<std::uint8_t> input) const override;
  std::unique_ptr<Flight> begin(InputSize size, int n) override;
  /// Requires: the picture was decoded in full size.
  void annotate(Frame& frame, std::span<const float> row) const override;

 private:
  std::vector<cv::Rect> parts_of(cv::Size picture) const;

  std::unique_ptr<ModelStage> detector_;
  TileConfig config_;
};

}  // namespace fovea::pipeline
