// SPDX-License-Identifier: Apache-2.0
#pragma once
// `zones` in YAML: watches places in the picture, and tells what happens there as events.

#include <string>
#include <vector>

#include "pipeline/config/zones_config.hpp"
#include "pipeline/line/stage.hpp"
#include "pipeline/track/line_watch.hpp"
#include "pipeline/track/per_source.hpp"
#include "pipeline/track/zone_watch.hpp"

namespace fovea::pipeline {

class ZonesStage : public FrameStage {
 public:
  explicit ZonesStage(ZonesConfig config);
  ZonesStage(const ZonesStage&) = delete;  // the watches borrow config_
  ZonesStage& operator=(const ZonesStage&) = delete;
  std::string_view name() const override { return "zones"; }
  std::vector<Data> needs() const override { return {Data::tracks}; }
  std::vector<Data> gives() const override { return {Data::events}; }
  /// Throws ConfigError where a shape in pixels lies outside the first picture of a source, and
  /// FrameError where it lies outside a later one, of another size.
  std::optional<Frame> process(Frame frame) override;

 private:
  struct Stream {
    std::vector<ZoneWatch> zones;
    std::vector<LineWatch> lines;
    int width_px = 0, height_px = 0;
    double seconds = 0;
  };
  Stream watch(const std::string& source) const;

  const ZonesConfig config_;
  PerSource<Stream> streams_;
};

}  // namespace fovea::pipeline
