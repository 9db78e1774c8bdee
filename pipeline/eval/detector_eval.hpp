// SPDX-License-Identifier: Apache-2.0
#pragma once
// How well a detector finds the boxes of a data set. Used by the command `eval`.

#include <filesystem>

#include "pipeline/eval/box_report.hpp"
#include "pipeline/eval/boxes.hpp"
#include "pipeline/line/run.hpp"

namespace fovea::pipeline {

struct DetectorRequest {
  BoxTruth truth;
  /// Where the pictures are; empty: where such data sets keep them.
  std::filesystem::path images;
  /// How to run. Its one stage is the `detect` to judge; its sources are replaced.
  RunConfig settings;
  RunOptions options;
};

/// Runs the detector over the pictures and judges what it says as the sink `coco` would write it:
/// the figures are those of evaluate_detections() on that file. A picture that cannot be read
/// counts as one in which nothing was found.
/// Throws ConfigError when a picture is not there, or when model and data set have no class in
/// common, and whatever run_pipeline() throws.
BoxReport evaluate_detector(const DetectorRequest& request);

}  // namespace fovea::pipeline
