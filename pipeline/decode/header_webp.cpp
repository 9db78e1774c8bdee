// SPDX-License-Identifier: Apache-2.0
// WebP: https://developers.google.com/speed/webp/docs/riff_container; RFC 6386 (VP8 frame tag).
#include <optional>
#include <string_view>

#include "pipeline/decode/exif.hpp"
#include "pipeline/decode/header.hpp"
#include "pipeline/frame.hpp"

namespace fovea::pipeline {
namespace {

using namespace std::literals;

constexpr std::uint64_t kFrameHeader = 16;  // of an ANMF chunk

struct Chunk {
  std::string_view type;
  Bytes whole, data;  // with and without type and length
  std::uint64_t size = 0;
};

/// The chunk at `at`, which then moves behind it. Nothing at the end.
std::optional<Chunk> next_chunk(Bytes bytes, std::uint64_t& at) {
  const auto length = read_uint(bytes, at + 4, 4, Endian::little);
  if (!length) return std::nullopt;
  Chunk chunk;
  chunk.type = {reinterpret_cast<const char*>(bytes.data()) + at, 4};
  chunk.size = *length;
  chunk.data = part(bytes, at + 8, *length);
  if (chunk.data.size() < *length) throw FrameError("WebP: the file is cut short");
  const std::uint64_t padded = 8 + *length + *length % 2;
  chunk.whole = part(bytes, at, padded);
  at += padded;
  return chunk;
}

bool is_image(const Chunk& chunk) { return chunk.type == "VP8 " || chunk.type == "VP8L"; }

std::uint64_t number(Bytes data, std::uint64_t at, std::size_t size) {
  const auto value = read_uint(data, at, size, Endian::little);
  if (!value) throw FrameError("WebP: the header is damaged");
  return *value;
}

struct Size {
  std::uint64_t w = 0, h = 0;
};

Size bitstream_size(const Chunk& image) {
  if (image.type == "VP8L") {
    if (number(image.data, 0, 1) != 0x2F) throw FrameError("WebP: the header is damaged");
    const std::uint64_t bits = number(image.data, 1, 4);
    return {(bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1};
  }
  if (!starts_with(image.data, "\x9D\x01\x2A"sv, 3))
    throw FrameError("WebP: the header is damaged");
  return {number(image.data, 6, 2) & 0x3FFF, number(image.data, 8, 2) & 0x3FFF};
}

void append(std::vector<std::byte>& to, std::string_view text) {
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  to.insert(to.end(), bytes, bytes + text.size());
}

/// A file with nothing but `image`. Its alpha goes: Fovea shows colours, not what lies behind.
std::vector<std::byte> still_file(const Chunk& image) {
  std::vector<std::byte> file;
  append(file, "RIFF");
  const std::uint64_t size = 4 + image.whole.size();
  for (int shift = 0; shift < 32; shift += 8) file.push_back(static_cast<std::byte>(size >> shift));
  append(file, "WEBP");
  file.insert(file.end(), image.whole.begin(), image.whole.end());
  return file;
}

/// Where the first frame of an animation lies on the canvas, and its picture.
void read_frame(const Chunk& frame, PictureHeader& header) {
  header.frame_x = number(frame.data, 0, 3) * 2;
  header.frame_y = number(frame.data, 3, 3) * 2;
  const Bytes inside = part(frame.data, kFrameHeader);
  std::uint64_t at = 0;
  while (const auto chunk = next_chunk(inside, at)) {
    if (!is_image(*chunk)) continue;
    const Size size = bitstream_size(*chunk);
    header.frame_w = size.w;
    header.frame_h = size.h;
    header.rewritten = still_file(*chunk);
    return;
  }
  throw FrameError("WebP: the first frame holds no picture");
}

}  // namespace

PictureHeader read_webp_header(Bytes file) {
  PictureHeader header;
  header.format = "WebP";
  const std::uint64_t riff_size = number(file, 4, 4);
  if (riff_size > file.size() - 8) throw FrameError("WebP: the file is cut short");
  const Bytes body = part(file, 0, riff_size + 8);

  bool has_canvas = false, has_picture = false;
  std::uint64_t at = 12;
  while (const auto chunk = next_chunk(body, at)) {
    if (chunk->type == "VP8X" && !has_canvas) {
      has_canvas = true;
      header.width = number(chunk->data, 4, 3) + 1;
      header.height = number(chunk->data, 7, 3) + 1;
    } else if (is_image(*chunk) && !has_picture) {
      has_picture = true;
      const Size size = bitstream_size(*chunk);
      if (has_canvas && (size.w != header.width || size.h != header.height))
        throw FrameError("WebP: damaged, the header states two sizes");
      header.width = size.w;
      header.height = size.h;
    } else if (chunk->type == "ANMF" && !has_picture) {
      has_picture = true;
      if (!has_canvas) throw FrameError("WebP: the header is damaged");
      read_frame(*chunk, header);
    } else if (chunk->type == "EXIF") {
      header.orientation = exif_orientation(chunk->data);
    }
  }
  if (!has_picture) throw FrameError("WebP: the file holds a header and no picture data");
  return header;
}

}  // namespace fovea::pipeline
