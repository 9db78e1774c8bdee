// SPDX-License-Identifier: Apache-2.0
#pragma once
// The order people expect of numbered files: img2 before img10.

#include <string_view>

namespace fovea::pipeline {

/// Does `a` come before `b`? Runs of digits compare as numbers of any length, ASCII letters
/// without case; names equal by that compare byte by byte, so the order is total.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace fovea::pipeline
