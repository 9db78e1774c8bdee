// SPDX-License-Identifier: Apache-2.0
// What else lies in folders of pictures: named, so that the reader knows what to do.
#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "pipeline/decode/header.hpp"
#include "pipeline/frame.hpp"

namespace fovea::pipeline {
namespace {

using namespace std::literals;

struct Known {
  std::string_view first_bytes;
  std::uint64_t at;
  std::string_view reason;
};

constexpr std::array kKnown = {
    Known{"GIF8"sv, 0, "a GIF, for which OpenCV has no decoder here; convert it to PNG"},
    Known{"\0\0\1\0"sv, 0, "a Windows icon, for which OpenCV has no decoder; convert it to PNG"},
    Known{"\0\0\2\0"sv, 0, "a Windows cursor, for which OpenCV has no decoder; convert it to PNG"},
    Known{"ftypavif"sv, 4,
          "an AVIF picture: the AV1 decoder it needs is not part of Fovea; convert it, for example "
          "with avifdec"},
    Known{
        "ftypavis"sv, 4,
        "an animated AVIF picture: the AV1 decoder it needs is not part of Fovea; convert it, for "
        "example with avifdec"},
    Known{"ftyphei"sv, 4,
          "a HEIC picture: the HEVC decoder it needs is not part of Fovea; convert it, for example "
          "with heif-convert"},
    Known{
        "ftyphev"sv, 4,
        "a HEIC sequence: the HEVC decoder it needs is not part of Fovea; convert it, for example "
        "with heif-convert"},
    Known{"ftypm"sv, 4,
          "a HEIF picture or a video: the decoder it needs is not part of Fovea; convert a HEIF "
          "picture, for example with heif-convert"},
    Known{"ftyp"sv, 4, "a video or another media file, not a picture"},
    Known{"\0\0\0\x0CjP  "sv, 0, "a JPEG 2000, which Fovea does not decode; convert it to PNG"},
    Known{"\xFF\x4F\xFF\x51"sv, 0, "a JPEG 2000, which Fovea does not decode; convert it to PNG"},
    Known{"\0\0\0\x0CJXL "sv, 0, "a JPEG XL, for which OpenCV has no decoder; convert it to PNG"},
    Known{"\xFF\x0A"sv, 0, "a JPEG XL, for which OpenCV has no decoder; convert it to PNG"},
    Known{"8BPS"sv, 0, "a Photoshop file, for which OpenCV has no decoder; convert it to PNG"},
    Known{"\x76\x2F\x31\x01"sv, 0, "an OpenEXR picture of floating-point light; convert it to PNG"},
    Known{"#?R"sv, 0, "a Radiance picture of floating-point light; convert it to PNG"},
    Known{"II+\0"sv, 0, "a BigTIFF, which Fovea does not decode; convert it to TIFF or PNG"},
    Known{"MM\0+"sv, 0, "a BigTIFF, which Fovea does not decode; convert it to TIFF or PNG"},
    Known{"P7"sv, 0, "a PAM picture, which Fovea does not decode; convert it to PNG"},
    Known{"qoif"sv, 0, "a QOI picture, for which OpenCV has no decoder; convert it to PNG"},
    Known{"DDS "sv, 0, "a DirectDraw texture, for which OpenCV has no decoder; convert it to PNG"},
    Known{"%PDF"sv, 0, "a PDF document, not a picture"},
    Known{"PK\3\4"sv, 0, "a ZIP archive, not a picture; unpack it"},
    Known{"\x1F\x8B"sv, 0, "a gzip archive, not a picture; unpack it"},
    Known{"version https://git-lfs"sv, 0,
          "a Git LFS pointer, not the picture itself; fetch it with git lfs pull"},
    Known{"{"sv, 0, "a text file, not a picture"},
    Known{"RIFF"sv, 0, "a sound or video file, not a picture"},
};

/// Does `text` occur near the beginning, whatever the case of its letters?
bool mentions(Bytes file, std::string_view text) {
  const Bytes head = part(file, 0, 256);
  const auto same = [](std::byte a, char b) {
    return std::tolower(std::to_integer<unsigned char>(a)) == b;
  };
  return std::search(head.begin(), head.end(), text.begin(), text.end(), same) != head.end();
}

std::string first_bytes(Bytes file) {
  std::string text;
  for (const std::byte byte : part(file, 0, 8))
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", std::to_integer<unsigned>(byte));
  return text;
}

}  // namespace

void refuse_other_format(Bytes file) {
  for (const Known& known : kKnown)
    if (starts_with(file, known.first_bytes, known.at))
      throw FrameError(fmt::format("this is {}", known.reason));
  if (mentions(file, "<svg")) throw FrameError("this is an SVG drawing; convert it to PNG");
  if (mentions(file, "<html") || mentions(file, "<!doctype html"))
    throw FrameError("this is a web page, not a picture");
  throw FrameError(
      fmt::format("this is no picture that Fovea knows (it begins with {}); it decodes {}",
                  first_bytes(file), kDecodedFormats));
}

}  // namespace fovea::pipeline
