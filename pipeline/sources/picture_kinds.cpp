// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/picture_kinds.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace fovea::pipeline {

namespace {

constexpr std::array<std::string_view, 22> kEndings{
    "avif", "bmp", "dib", "gif", "heic", "heif", "ico", "jfif", "jp2", "jpe",  "jpeg",
    "jpg",  "jxl", "pam", "pbm", "pgm",  "png",  "pnm", "ppm",  "tif", "tiff", "webp"};

std::string_view text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// "P6", white space, width, white space, a digit: a path can begin with P6 as well.
bool is_portable_anymap(std::string_view head) {
  if (head.size() < 6 || head[0] != 'P' || head[1] < '1' || head[1] > '7') return false;
  const auto space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  std::size_t i = 2;
  if (!space(head[i])) return false;
  while (i < head.size() && space(head[i])) ++i;
  if (i < head.size() && (head[i] == '#' || head.substr(i).starts_with("WIDTH"))) return true;
  const std::size_t digits = i;
  while (i < head.size() && head[i] >= '0' && head[i] <= '9') ++i;
  if (i == digits || i == head.size() || !space(head[i])) return false;
  while (i < head.size() && space(head[i])) ++i;
  return i < head.size() && head[i] >= '0' && head[i] <= '9';
}

}  // namespace

bool has_picture_ending(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const std::string_view ending = file_name.substr(dot + 1);
  return std::ranges::any_of(kEndings, [&](std::string_view known) {
    return std::ranges::equal(known, ending, {}, {}, [](char c) {
      return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
  });
}

std::string picture_endings() { return fmt::format("{}", fmt::join(kEndings, " ")); }

bool starts_like_picture(std::span<const std::byte> bytes) {
  using namespace std::string_view_literals;
  const std::string_view head = text(bytes);
  for (const std::string_view magic :
       {"\xFF\xD8\xFF"sv, "\x89PNG\r\n\x1A\n"sv, "GIF87a"sv, "GIF89a"sv, "II*\0"sv, "MM\0*"sv,
        "II+\0"sv, "MM\0+"sv, "\0\0\1\0"sv, "\0\0\0\x0CjP  \r\n"sv, "\xFF\x4F\xFF\x51"sv,
        "\0\0\0\x0CJXL "sv, "\xFF\x0A"sv}) {
    if (head.starts_with(magic)) return true;
  }
  if (head.starts_with("RIFF") && head.size() >= 12 && head.substr(8, 4) == "WEBP") return true;
  if (head.size() >= 12 && head.substr(4, 4) == "ftyp") {
    const std::string_view brand = head.substr(8, 4);
    return brand == "avif" || brand == "avis" || brand == "mif1" || brand == "msf1" ||
           brand.starts_with("hei") || brand.starts_with("hev");
  }
  // "BM" alone could be a path; its two reserved words are zero.
  if (head.starts_with("BM") && head.size() >= 10 && head.substr(6, 4) == "\0\0\0\0"sv) return true;
  return is_portable_anymap(head);
}

}  // namespace fovea::pipeline
