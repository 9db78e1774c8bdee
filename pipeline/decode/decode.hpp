// SPDX-License-Identifier: Apache-2.0
#pragma once
// A picture file to upright 8-bit RGB, or one sentence saying why not. docs/pictures.md
// has the rule for every kind of picture. OpenCV decodes; sizes and orientation are read
// here from the header first, so that every OpenCV behaves alike and no header can make
// the program allocate what it only claims to hold.
// Thread rule: any number of threads may call these at once.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "pipeline/frame.hpp"
#include "vision/image.hpp"

namespace fovea::pipeline {

/// By how much (1, 2, 4 or 8) a picture of `height` x `width` upright pixels may be shrunk while
/// it is decoded. Called by several threads at once.
using Reduction = std::function<int(int height, int width)>;

struct DecodeOptions {
  /// Width times height as the header states it. Larger costs 3 bytes a pixel and more while
  /// decoding. OpenCV itself stops at 2^30.
  std::uint64_t max_pixels = 250'000'000;
  /// Of the file. It is read whole into memory.
  std::uint64_t max_bytes = std::uint64_t{1} << 30;
  /// Take a JPEG whose data ends early; what is missing is grey. Other formats stay refused.
  bool accept_truncated = false;
  /// JPEGs are decoded at the fraction it names, from fewer coefficients: several times faster,
  /// other pixels. Empty: never, and every format but JPEG never.
  Reduction reduction;
};

struct Decoded {
  vision::Image image;
  int orientation = 1;             // the EXIF value that was applied, 1 .. 8
  int source_w = 0, source_h = 0;  // of the upright picture, before any reduction
  int reduction = 1;               // `image` has that fraction of its sides, rounded up
  std::string format;              // "JPEG"
  bool truncated = false;          // only with accept_truncated
};

/// Throws FrameError with a reason of one line when the file cannot be read, is too large,
/// or is no picture that Fovea decodes. The content decides what it is, never the name.
Decoded decode_file(const std::filesystem::path& path, const DecodeOptions& options = {});

/// The same for bytes already in memory.
Decoded decode_bytes(std::span<const std::byte> bytes, const DecodeOptions& options = {});

}  // namespace fovea::pipeline
