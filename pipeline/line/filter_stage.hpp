// SPDX-License-Identifier: Apache-2.0
#pragma once
// `filter` in YAML: lets a picture pass only if its best label fits.

#include "pipeline/config/run_config.hpp"
#include "pipeline/line/stage.hpp"

namespace fovea::pipeline {

class FilterStage : public FrameStage {
 public:
  explicit FilterStage(FilterConfig config);
  std::string_view name() const override { return "filter"; }
  std::vector<Data> needs() const override { return {Data::labels}; }
  std::vector<Data> gives() const override { return {}; }
  std::optional<Frame> process(Frame frame) override;

 private:
  FilterConfig config_;
};

}  // namespace fovea::pipeline
