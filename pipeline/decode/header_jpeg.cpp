// SPDX-License-Identifier: Apache-2.0
// JPEG: ISO/IEC 10918-1, annex B (markers); EXIF in APP1.
#include <cstring>
#include <string_view>

#include <fmt/core.h>

#include "pipeline/decode/exif.hpp"
#include "pipeline/decode/header.hpp"
#include "pipeline/frame.hpp"

namespace fovea::pipeline {
namespace {

using namespace std::literals;

constexpr unsigned kEndOfImage = 0xD9, kStartOfScan = 0xDA, kApp1 = 0xE1;

bool is_frame_header(unsigned marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

bool has_no_length(unsigned marker) {  // TEM, RST0 .. RST7, SOI
  return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
}

/// Frame, tables, restarts, scans; and the two segments that say which colours these are.
bool makes_pixels(unsigned marker) {
  constexpr unsigned kJfif = 0xE0, kAdobe = 0xEE;
  return (marker >= 0xC0 && marker <= 0xCF) || marker == kStartOfScan || marker == 0xDB ||
         marker == 0xDD || marker == kJfif || marker == kAdobe;
}

/// Position of the next 0xFF that begins a marker at or behind `at`; the file's end where none is.
std::uint64_t next_marker(Bytes file, std::uint64_t at) {
  while (at + 1 < file.size()) {
    const void* found = std::memchr(file.data() + at, 0xFF, file.size() - 1 - at);
    if (found == nullptr) break;
    at = static_cast<std::uint64_t>(static_cast<const std::byte*>(found) - file.data());
    const auto code = std::to_integer<unsigned>(file[at + 1]);
    const bool in_scan = code == 0x00 || (code >= 0xD0 && code <= 0xD7);  // stuffing, restarts
    if (!in_scan && code != 0xFF) return at;
    at += code == 0xFF ? 1 : 2;
  }
  return file.size();
}

void read_frame_header(Bytes file, std::uint64_t at, unsigned marker, PictureHeader& header) {
  const auto precision = read_uint(file, at + 2, 1, Endian::big);
  const auto height = read_uint(file, at + 3, 2, Endian::big);
  const auto width = read_uint(file, at + 5, 2, Endian::big);
  const auto components = read_uint(file, at + 7, 1, Endian::big);
  if (!precision || !height || !width || !components)
    throw FrameError("JPEG: the file ends inside its header");
  if (marker > 0xC2 && marker != 0xC9 && marker != 0xCA)
    throw FrameError(
        "JPEG: a lossless or hierarchical JPEG, which OpenCV does not decode; convert it to PNG");
  if (*precision != 8)
    throw FrameError(fmt::format(
        "JPEG: {} bits a sample, where OpenCV decodes 8; convert it to PNG", *precision));
  if (*components != 1 && *components != 3 && *components != 4)
    throw FrameError(fmt::format("JPEG: {} colour components, not 1, 3 or 4", *components));
  if (*height == 0)
    throw FrameError("JPEG: the header leaves the height open, which OpenCV does not decode");
  header.width = *width;
  header.height = *height;
}

}  // namespace

PictureHeader read_jpeg_header(Bytes file) {
  PictureHeader header;
  header.format = "JPEG";
  header.rewritten.assign(file.begin(), file.begin() + 2);
  bool has_exif = false, has_scan = false, has_end = false;
  std::uint64_t at = 2;
  while (!has_end && (at = next_marker(file, at)) < file.size()) {
    const std::uint64_t begin = at;
    const auto marker = std::to_integer<unsigned>(file[at + 1]);
    at += 2;
    has_end = marker == kEndOfImage;
    if (has_end || has_no_length(marker)) continue;
    const auto length = read_uint(file, at, 2, Endian::big);
    if (!length || *length < 2) throw FrameError("JPEG: the header is damaged");
    if (is_frame_header(marker)) {
      if (header.width != 0) throw FrameError("JPEG: the header states the size twice");
      read_frame_header(file, at, marker, header);
    } else if (marker == kApp1 && !has_exif) {
      const Bytes segment = part(file, at + 2, *length - 2);
      has_exif = starts_with(segment, "Exif\0\0"sv);
      if (has_exif) header.orientation = exif_orientation(segment);
    }
    at += *length;
    if (marker == kStartOfScan) {
      has_scan = true;
      at = next_marker(file, at);  // over the coded pixels
    }
    if (makes_pixels(marker)) {
      const Bytes segment = part(file, begin, at - begin);
      header.rewritten.insert(header.rewritten.end(), segment.begin(), segment.end());
    }
  }
  if (header.width == 0) throw FrameError("JPEG: the file ends before its size is stated");
  if (!has_scan) throw FrameError("JPEG: the file holds a header and no picture data");
  header.truncated = !has_end;
  header.rewritten.insert(header.rewritten.end(), {std::byte{0xFF}, std::byte{kEndOfImage}});
  return header;
}

}  // namespace fovea::pipeline
