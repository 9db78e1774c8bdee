// SPDX-License-Identifier: Apache-2.0
// Whatever is not decoded is refused with a sentence that names it.
#include <iostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/places.hpp"
#include "tests/unit/decode/bytes.hpp"

namespace fovea::pipeline::test {
namespace {

using ::testing::HasSubstr;
using namespace std::literals;

File golden(const std::string& name) {
  return read(fovea::test::source_dir() / "tests/golden/decode/data" / name);
}

File first(const File& file, std::size_t size) {
  return {file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(DecodeReasons, OtherKindsOfFilesAreNamed) {
  const std::vector<std::pair<std::string_view, std::string>> kinds = {
      {"GIF89a\1\0\1\0"sv, "a GIF"},
      {"\0\0\1\0\1\0"sv, "Windows icon"},
      {"\0\0\0\x1C"
       "ftypavif"sv,
       "AVIF picture: the AV1 decoder"},
      {"\0\0\0\x18"
       "ftypheic"sv,
       "HEIC picture: the HEVC decoder"},
      {"\0\0\0\x18"
       "ftypmif1"sv,
       "HEIF"},
      {"\0\0\0\x18"
       "ftypisom"sv,
       "video"},
      {"\0\0\0\x0CjP  \r\n"sv, "JPEG 2000"},
      {"\xFF\x0A\1\2"sv, "JPEG XL"},
      {"8BPS\0\1"sv, "Photoshop"},
      {"%PDF-1.7"sv, "PDF"},
      {"<?xml version='1.0'?>\n<svg xmlns="sv, "SVG"},
      {"<!DOCTYPE HTML><html><body>404"sv, "web page"},
      {"version https://git-lfs.github.com/spec/v1\n"sv, "git lfs pull"},
      {"II+\0\x08"sv, "BigTIFF"},
      {"P7\nWIDTH 1"sv, "PAM"},
      {"RIFF\4\0\0\0WAVE"sv, "sound"},
      {"\1\2\3"sv, "begins with 01 02 03"},
      {"P"sv, "begins with 50"},
  };
  for (const auto& [text, expected] : kinds)
    EXPECT_THAT(reason(bytes_of(text)), HasSubstr(expected));
}

TEST(DecodeReasons, AreOneLine) {
  for (const auto& path : golden_pictures()) {
    const File file = read(path);
    for (const std::size_t size : {file.size() / 3, file.size() - 1})
      EXPECT_EQ(reason(first(file, size)).find('\n'), std::string::npos) << path;
  }
}

TEST(DecodeReasons, ACutFileIsNeverDecodedSilently) {
  for (const auto& path : golden_pictures()) {
    const File file = read(path);
    // Behind the last byte that matters there may be more; these formats end where they end.
    const std::string name = path.filename().string();
    if (name.starts_with("tiff") || name == "jpeg_trailing_bytes.jpg" || name == "pnm_text.pnm")
      continue;
    const std::size_t step = file.size() > 600 ? 7 : 1;
    for (std::size_t size = 0; size < file.size(); size += step)
      ASSERT_NE(reason(first(file, size)), "") << name << " cut to " << size << " bytes";
    EXPECT_NE(reason(first(file, file.size() - 1)), "") << name << " without its last byte";
    EXPECT_EQ(reason(file), "") << name;
  }
}

TEST(DecodeReasons, ATruncatedJpegIsTakenOnlyWhenAskedFor) {
  const File file = golden("jpeg_444.jpg");
  const File cut = first(file, file.size() - 60);
  EXPECT_THAT(reason(cut), HasSubstr("JPEG: the file is cut short"));
  const Decoded part = decode_bytes(cut, {.accept_truncated = true});
  EXPECT_TRUE(part.truncated);
  const Decoded whole = decode_bytes(file, {.accept_truncated = true});
  EXPECT_FALSE(whole.truncated);
  ASSERT_EQ(part.image.rgb.size(), whole.image.rgb.size());
  EXPECT_EQ(part.image.rgb.at<cv::Vec3b>(0, 0), whole.image.rgb.at<cv::Vec3b>(0, 0));
}

TEST(DecodeReasons, ADamagedPngIsFoundByItsChecksum) {
  File file = golden("png_rgb.png");
  file[file.size() - 30] ^= std::byte{1};
  EXPECT_THAT(reason(file), HasSubstr("the checksum of a chunk IDAT is wrong"));
}

TEST(DecodeReasons, DamagedPixelsBehindAGoodHeaderAreFound) {
  EXPECT_THAT(reason(png_claiming(21, 13)),
              HasSubstr("PNG: the picture data of 21x13 pixels is damaged or cut short"));
}

TEST(DecodeReasons, KindsOfJpegAndTiffBeyondOpenCvAreNamed) {
  const File rest = big(3, 1) + File(9) + bytes_of("\xFF\xDA") + big(2, 2) + bytes_of("\xFF\xD9");
  const auto jpeg = [&](std::string_view marker, unsigned bits, unsigned height) {
    return bytes_of("\xFF\xD8") + bytes_of(marker) + big(17, 2) + big(bits, 1) + big(height, 2) +
           big(8, 2) + rest;
  };
  EXPECT_THAT(reason(jpeg("\xFF\xC3", 8, 8)), HasSubstr("lossless"));
  EXPECT_THAT(reason(jpeg("\xFF\xC1", 12, 8)), HasSubstr("12 bits a sample"));
  EXPECT_THAT(reason(jpeg("\xFF\xC0", 8, 0)), HasSubstr("leaves the height open"));

  File float_tiff = golden("tiff_grey16_little.tif");
  const auto overwrite = [&](std::uint64_t tag, std::uint64_t value) {
    for (std::size_t at = 10; at + 12 <= float_tiff.size(); at += 12)
      if (first({float_tiff.begin() + static_cast<std::ptrdiff_t>(at), float_tiff.end()}, 2) ==
          little(tag, 2)) {
        const File bytes = little(value, 2);
        std::copy(bytes.begin(), bytes.end(),
                  float_tiff.begin() + static_cast<std::ptrdiff_t>(at + 8));
        return;
      }
    FAIL() << "no tag " << tag;
  };
  overwrite(258, 32);
  EXPECT_THAT(reason(float_tiff), HasSubstr("TIFF: 32 bits a sample"));
}

TEST(DecodeReasons, NothingIsToldToTheTerminal) {
  ::testing::internal::CaptureStderr();
  File tiff = golden("tiff_lzw.tif");
  for (std::size_t i = 8; i < 60; ++i) tiff[i] = std::byte{0xFF};
  File padded = golden("jpeg_444.jpg");
  padded.insert(padded.begin() + 20, 5, std::byte{0x55});  // behind SOI and APP0
  EXPECT_EQ(reason(padded), "") << "bytes between the segments";
  for (const File& file : {tiff, golden("png_bad_profile.png"), first(tiff, 40)})
    static_cast<void>(reason(file));
  std::cerr << "still heard\n";
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "still heard\n");
}

}  // namespace
}  // namespace fovea::pipeline::test
