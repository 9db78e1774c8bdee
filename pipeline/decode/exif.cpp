// SPDX-License-Identifier: Apache-2.0
#include "pipeline/decode/exif.hpp"

#include <string_view>

namespace fovea::pipeline {
namespace {

using namespace std::literals;

constexpr std::uint64_t kOrientationTag = 0x0112;
constexpr std::uint64_t kShort = 3, kLong = 4;

}  // namespace

int exif_orientation(Bytes exif) {
  if (starts_with(exif, "Exif\0\0"sv)) exif = part(exif, 6);
  const bool little = starts_with(exif, "II*\0"sv);
  if (!little && !starts_with(exif, "MM\0*"sv)) return 1;
  const Endian endian = little ? Endian::little : Endian::big;

  const auto directory = read_uint(exif, 4, 4, endian);
  if (!directory) return 1;
  const auto entries = read_uint(exif, *directory, 2, endian).value_or(0);
  for (std::uint64_t i = 0; i < entries; ++i) {
    const std::uint64_t at = *directory + 2 + 12 * i;
    const auto tag = read_uint(exif, at, 2, endian);
    if (!tag) return 1;
    if (*tag != kOrientationTag) continue;
    const auto type = read_uint(exif, at + 2, 2, endian);
    if (type != kShort && type != kLong) return 1;
    const auto value = read_uint(exif, at + 8, type == kShort ? 2 : 4, endian).value_or(1);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace fovea::pipeline
