// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a picture file says of itself before any pixel is decoded, and the bytes that
// OpenCV is given. One function a format; each throws FrameError with a reason of one line.

#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/decode/bytes.hpp"

namespace fovea::pipeline {

/// What OpenCV is asked for.
enum class PixelRead : std::uint8_t {
  rgb8,    // 8-bit colour, whatever is stored
  stored,  // depth and channels as stored; 16 bits are cut to their high byte afterwards
};

struct PictureHeader {
  std::string_view format;              // "JPEG"
  std::uint64_t width = 0, height = 0;  // of the picture as stored, before any rotation
  int orientation = 1;                  // EXIF, 1 .. 8
  bool truncated = false;               // the data ends before the picture does
  PixelRead read = PixelRead::rgb8;
  /// Where the decoded part lies; smaller than the picture only in an animated WebP.
  std::uint64_t frame_x = 0, frame_y = 0, frame_w = 0, frame_h = 0;
  /// Bytes for OpenCV where they are not the file's own; empty: the file's own.
  std::vector<std::byte> rewritten;
};

inline constexpr std::string_view kDecodedFormats = "JPEG, PNG, WebP, TIFF, BMP and PNM";

/// Finds the format by its first bytes and reads its header.
PictureHeader read_header(Bytes file);

/// Keeps only the segments that make pixels, and ends a file cut short with the end marker,
/// without which libjpeg finishes no picture.
PictureHeader read_jpeg_header(Bytes file);
/// Keeps only the chunks that make pixels, each with its checksum verified.
PictureHeader read_png_header(Bytes file);
/// Takes the first frame out of an animated file.
PictureHeader read_webp_header(Bytes file);
/// Resets the tags for orientation and alpha, which libtiff and OpenCV act upon by themselves.
PictureHeader read_tiff_header(Bytes file);
PictureHeader read_bmp_header(Bytes file);
PictureHeader read_pnm_header(Bytes file);

/// The reason why `file`, of no format above, is not decoded: what it is, and what to do.
/// Always throws FrameError.
[[noreturn]] void refuse_other_format(Bytes file);

}  // namespace fovea::pipeline
