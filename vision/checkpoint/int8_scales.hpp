// SPDX-License-Identifier: Apache-2.0
#pragma once
// Weights stored as signed bytes: tensor X of type I8 and, beside it, X_scale of type F32 with one
// number for each row of X ("[N]" or "[N, 1]", as other tools write it). Row n is X[n] *
// X_scale[n].

#include "vision/checkpoint/weight_files.hpp"

namespace fovea::vision {

/// Joins every I8 tensor with its scales, which leave the list. One without scales stays of type
/// `other`. Throws ModelError when scales are not F32 or not one a row.
void attach_scales(WeightFiles& weights);

}  // namespace fovea::vision
