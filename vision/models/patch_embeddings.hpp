// SPDX-License-Identifier: Apache-2.0
#pragma once
// The first steps of every model here, from pictures to tokens.

#include <string>

#include "vision/models/model.hpp"

namespace fovea::vision {

/// Throws ShapeError naming `who` unless the pictures are of `size`.
void check_pictures(const VitInput& pictures, InputSize size, const std::string& who);

/// pictures -> [B, T, C]: patches projected, special tokens in front, positions added.
compute::Tensor patch_embeddings(compute::ProgramBuilder& p, const VitInput& pictures,
                                 const VitConfig& config, const compute::ops::Linear& projection,
                                 const compute::ops::Table& special_tokens,
                                 const compute::ops::Table& positions);

}  // namespace fovea::vision
