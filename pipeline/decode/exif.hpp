// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one EXIF tag that changes pixels.

#include "pipeline/decode/bytes.hpp"

namespace fovea::pipeline {

/// Tag Orientation (0x0112) of the first directory in an EXIF block (a TIFF header and its
/// directory, with or without "Exif\0\0" before it). 1 where it is absent or not 1 .. 8.
int exif_orientation(Bytes exif);

}  // namespace fovea::pipeline
