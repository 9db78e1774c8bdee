// SPDX-License-Identifier: Apache-2.0
#pragma once
// A colour for a value from 0 to 1: viridis (Nathaniel Smith and Stefan van der Walt 2015, released
// as CC0), whose lightness rises evenly, so that equal steps look equal and greys keep the order.

#include <array>

#include <opencv2/core/matx.hpp>

namespace fovea::pipeline {

/// R, G, B. Values outside of 0..1, and what is not a number, take the nearest end's (0's) colour.
cv::Vec3b colour_at(double value);

/// colour_at(i / 255).
const std::array<cv::Vec3b, 256>& colour_table();

}  // namespace fovea::pipeline
