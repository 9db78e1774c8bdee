// SPDX-License-Identifier: Apache-2.0
#pragma once
// `track` in YAML: gives the objects of a stream numbers that stay with them. Objects that
// belong to no track leave the frame. Numbers are never used again within a run.

#include <cstdint>

#include "pipeline/config/track_config.hpp"
#include "pipeline/line/stage.hpp"
#include "pipeline/track/per_source.hpp"
#include "vision/track/byte_tracker.hpp"

namespace fovea::pipeline {

class TrackStage : public FrameStage {
 public:
  explicit TrackStage(const TrackConfig& config);
  std::string_view name() const override { return "track"; }
  std::vector<Data> needs() const override { return {Data::objects}; }
  std::vector<Data> gives() const override { return {Data::tracks}; }
  std::optional<Frame> process(Frame frame) override;

 private:
  struct Stream {
    vision::ByteTracker tracker;
    int width_px = 0, height_px = 0;
  };

  vision::TrackOptions options_;
  PerSource<Stream> streams_;
  std::int64_t next_id_ = 1;
};

}  // namespace fovea::pipeline
