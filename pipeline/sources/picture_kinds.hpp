// SPDX-License-Identifier: Apache-2.0
#pragma once
// What counts as a picture before anything is decoded.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace fovea::pipeline {

/// Does the name end like a picture's? Any case. Formats that this build cannot decode
/// count too: they become failures with a reason instead of being passed over in silence.
bool has_picture_ending(std::string_view file_name);

/// "avif bmp gif ...": the endings, for people.
std::string picture_endings();

/// Do these first bytes open a picture (at least 16 where there are as many)?
bool starts_like_picture(std::span<const std::byte> bytes);

}  // namespace fovea::pipeline
