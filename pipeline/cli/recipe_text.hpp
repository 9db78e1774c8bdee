// SPDX-License-Identifier: Apache-2.0
#pragma once
// A preprocessing recipe in one line.

#include <string>

#include "vision/preprocess/spec.hpp"

namespace fovea::pipeline {

/// "ViTImageProcessor: resize to 224 x 224 (bilinear), scale by 1/255, mean 0.5 0.5 0.5, ...".
std::string recipe_text(const vision::PreprocessSpec& spec);

}  // namespace fovea::pipeline
