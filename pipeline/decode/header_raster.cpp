// SPDX-License-Identifier: Apache-2.0
// The plain formats: Windows bitmaps and Netpbm's PBM, PGM and PPM.
#include <limits>
#include <optional>

#include <fmt/core.h>

#include "pipeline/decode/header.hpp"
#include "pipeline/frame.hpp"

namespace fovea::pipeline {
namespace {

/// Rows of `row_bytes` from `at` on must all be there.
void require_rows(Bytes file, std::uint64_t at, std::uint64_t row_bytes, std::uint64_t rows,
                  const char* format) {
  if (at > file.size() || (row_bytes != 0 && rows > (file.size() - at) / row_bytes))
    throw FrameError(fmt::format("{}: the file is cut short", format));
}

bool is_space(std::byte byte) {
  const auto code = std::to_integer<unsigned char>(byte);
  return code == ' ' || (code >= '\t' && code <= '\r');
}

/// The decimal number at or behind `at`, over white space and comments; `at` moves behind it.
std::optional<std::uint64_t> next_number(Bytes file, std::uint64_t& at) {
  bool in_comment = false;
  for (; at < file.size() && (in_comment || is_space(file[at]) || file[at] == std::byte{'#'}); ++at)
    in_comment = (in_comment || file[at] == std::byte{'#'}) && file[at] != std::byte{'\n'};
  std::uint64_t value = 0;
  const std::uint64_t begin = at;
  for (; at < file.size() && at - begin < 10; ++at) {
    const auto digit = std::to_integer<unsigned>(file[at]) - '0';
    if (digit > 9) break;
    value = value * 10 + digit;
  }
  if (at == begin) return std::nullopt;
  return value;
}

}  // namespace

PictureHeader read_bmp_header(Bytes file) {
  PictureHeader header;
  header.format = "BMP";
  const auto number = [&](std::uint64_t at, std::size_t size) {
    const auto value = read_uint(file, at, size, Endian::little);
    if (!value) throw FrameError("BMP: the file ends inside its header");
    return *value;
  };
  const std::uint64_t header_size = number(14, 4);
  if (header_size == 12) {
    header.width = number(18, 2);
    header.height = number(20, 2);
  } else if (header_size >= 40 && header_size <= 256) {
    header.width = number(18, 4);
    header.height = number(22, 4);
    if (header.height >> 31 != 0) header.height = (std::uint64_t{1} << 32) - header.height;
  } else {
    throw FrameError(fmt::format("BMP: a header of {} bytes, which is not known", header_size));
  }
  const bool core = header_size == 12;
  const std::uint64_t bits = number(core ? 24 : 28, 2);
  const std::uint64_t compression = core ? 0 : number(30, 4);
  if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32)
    throw FrameError(fmt::format("BMP: {} bits a pixel, which is not known", bits));
  if (compression > 3)
    throw FrameError(fmt::format("BMP: compression {}, which OpenCV does not decode", compression));
  if (compression == 0 && header.width <= std::numeric_limits<std::uint32_t>::max())
    require_rows(file, number(10, 4), (header.width * bits + 31) / 32 * 4, header.height, "BMP");
  return header;
}

PictureHeader read_pnm_header(Bytes file) {
  PictureHeader header;
  header.format = "PNM";
  const auto kind = std::to_integer<char>(file[1]);
  const bool bitmap = kind == '1' || kind == '4';
  const bool colour = kind == '3' || kind == '6';
  const bool binary = kind >= '4';
  std::uint64_t at = 2;
  const auto width = next_number(file, at), height = next_number(file, at);
  const auto maximum = bitmap ? std::optional<std::uint64_t>(1) : next_number(file, at);
  if (!width || !height || !maximum) throw FrameError("PNM: the header is damaged");
  if (!bitmap && *maximum != 255 && *maximum != 65535)
    throw FrameError(
        fmt::format("PNM: a maximum of {}, where 255 and 65535 are decoded", *maximum));
  header.width = *width;
  header.height = *height;
  if (binary) {
    const std::uint64_t bits = bitmap ? 1 : (*maximum > 255 ? 16 : 8) * (colour ? 3 : 1);
    require_rows(file, at + 1, (*width * bits + 7) / 8, *height, "PNM");
  }
  return header;
}

}  // namespace fovea::pipeline
