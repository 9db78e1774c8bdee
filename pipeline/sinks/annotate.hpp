// SPDX-License-Identifier: Apache-2.0
#pragma once
// Copies of frames for people to look at: what was found, and the places that are watched. Pure
// functions of their arguments.

#include <opencv2/core/mat.hpp>

#include "pipeline/config/zones_config.hpp"
#include "pipeline/frame.hpp"

namespace fovea::pipeline {

/// A copy of the frame's picture [H, W, 3] u8, as large as it was decoded: the zones and lines of
/// its source, the boxes over them, all of it over the attention where there is any.
/// Requires: the picture is still there.
cv::Mat annotated(const Frame& frame, const ZonesConfig& areas);

}  // namespace fovea::pipeline
