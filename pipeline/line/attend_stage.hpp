// SPDX-License-Identifier: Apache-2.0
#pragma once
// `attend` in YAML: from the attention rows that the model stage before it gave, the maps that
// were asked for.

#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/config/attend_config.hpp"
#include "pipeline/line/stage.hpp"

namespace fovea::pipeline {

/// A map for each object behind a detector with `per_object`, else one map.
class AttendStage : public FrameStage {
 public:
  explicit AttendStage(AttendConfig config);

  std::string_view name() const override { return "attend"; }
  std::vector<Data> needs() const override;
  std::vector<Data> gives() const override { return {Data::attention}; }
  /// A frame without rows, which the model passed by, gets no maps.
  std::optional<Frame> process(Frame frame) override;

 private:
  AttendConfig config_;
};

}  // namespace fovea::pipeline
