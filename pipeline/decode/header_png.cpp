// SPDX-License-Identifier: Apache-2.0
// PNG: https://www.w3.org/TR/png-3/ (chunks, CRC, eXIf).
#include <array>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "pipeline/decode/exif.hpp"
#include "pipeline/decode/header.hpp"
#include "pipeline/frame.hpp"

namespace fovea::pipeline {
namespace {

using namespace std::literals;

constexpr std::uint64_t kSignature = 8;
constexpr std::uint64_t kChunkFrame = 12;  // length, type, CRC

std::uint32_t crc32(Bytes bytes) {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> entries{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = value & 1 ? 0xEDB88320u ^ value >> 1 : value >> 1;
      entries[i] = value;
    }
    return entries;
  }();
  std::uint32_t crc = ~std::uint32_t{0};
  for (const std::byte byte : bytes)
    crc = table[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFF] ^ crc >> 8;
  return ~crc;
}

bool makes_pixels(std::string_view type) {
  return type == "IHDR" || type == "PLTE" || type == "tRNS" || type == "IDAT" || type == "IEND";
}

std::string printable(std::string_view type) {
  for (const char letter : type)
    if ((letter < 'A' || letter > 'Z') && (letter < 'a' || letter > 'z')) return "of no known type";
  return std::string(type);
}

}  // namespace

PictureHeader read_png_header(Bytes file) {
  PictureHeader header;
  header.format = "PNG";
  // libpng talks to stderr about text, profiles and times. They make no pixels: left out.
  header.rewritten.assign(file.begin(), file.begin() + kSignature);
  bool has_data = false;
  for (std::uint64_t at = kSignature;;) {
    const auto length = read_uint(file, at, 4, Endian::big);
    const Bytes name = part(file, at + 4, 4);
    if (!length || name.size() < 4) throw FrameError("PNG: the file is cut short");
    const std::string_view type(reinterpret_cast<const char*>(name.data()), name.size());
    const bool first = at == kSignature;
    if (first != (type == "IHDR") || (first && *length != 13))
      throw FrameError("PNG: the header is damaged");
    const bool kept = makes_pixels(type);
    const Bytes data = part(file, at + 8, *length);
    const auto crc = read_uint(file, at + 8 + *length, 4, Endian::big);
    if (!crc)
      throw FrameError(fmt::format("PNG: the file is cut short, in a chunk {}", printable(type)));
    if (kept && crc32(part(file, at + 4, *length + 4)) != *crc)
      throw FrameError(fmt::format("PNG: damaged, the checksum of a chunk {} is wrong", type));
    // A capital first letter means that a reader must not pass over the chunk.
    if (!kept && (type[0] < 'a' || type[0] > 'z'))
      throw FrameError(fmt::format("PNG: damaged, with a chunk {}", printable(type)));
    if (type == "IHDR") {
      header.width = *read_uint(data, 0, 4, Endian::big);
      header.height = *read_uint(data, 4, 4, Endian::big);
    } else if (type == "eXIf") {
      header.orientation = exif_orientation(data);
    } else if (type == "IDAT") {
      has_data = true;
    }
    const std::uint64_t size = *length + kChunkFrame;
    if (kept) {
      const Bytes chunk = part(file, at, size);
      header.rewritten.insert(header.rewritten.end(), chunk.begin(), chunk.end());
    }
    at += size;
    if (type == "IEND") break;
  }
  if (!has_data) throw FrameError("PNG: the file holds a header and no picture data");
  return header;
}

}  // namespace fovea::pipeline
