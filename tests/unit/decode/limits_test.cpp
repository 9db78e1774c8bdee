// SPDX-License-Identifier: Apache-2.0
// Limits are checked against what a header claims, before anything of that size is allocated.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/support/places.hpp"
#include "tests/unit/decode/bytes.hpp"

namespace fovea::pipeline::test {
namespace {

using ::testing::HasSubstr;
using namespace std::literals;

long peak_memory_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

/// One file per format, each claiming 40,000 by 40,000 pixels or the most it can state.
std::vector<std::pair<std::string, File>> bombs() {
  const File tiff_entries = little(256, 2) + little(4, 2) + little(1, 4) + little(40000, 4) +
                            little(257, 2) + little(4, 2) + little(1, 4) + little(40000, 4) +
                            little(258, 2) + little(3, 2) + little(1, 4) + little(8, 4);
  return {
      {"PNG", png_claiming(40000, 40000)},
      {"JPEG", bytes_of("\xFF\xD8\xFF\xC0") + big(17, 2) + big(8, 1) + big(40000, 2) +
                   big(40000, 2) + big(3, 1) + File(9) + bytes_of("\xFF\xDA") + big(2, 2) +
                   bytes_of("\xFF\xD9")},
      {"WebP", bytes_of("RIFF") + little(36, 4) + bytes_of("WEBPVP8X") + little(10, 4) +
                   little(0, 4) + little(16383, 3) + little(16383, 3) + bytes_of("VP8L") +
                   little(5, 4) + little(0x2F, 1) + little(0x0FFFFFFF, 4) + File(1)},
      {"TIFF", bytes_of("II*\0"sv) + little(8, 4) + little(3, 2) + tiff_entries + File(4)},
      {"BMP", bytes_of("BM") + File(12) + little(40, 4) + little(40000, 4) + little(40000, 4) +
                  little(1, 2) + little(8, 2) + little(1, 4) + File(20)},
      {"PNM", bytes_of("P3 40000 40000 255\n1 2 3\n")},
  };
}

TEST(DecodeLimits, NoFormatCanClaimMorePixelsThanAllowed) {
  for (const auto& [format, file] : bombs()) {
    SCOPED_TRACE(format);
    const long before = peak_memory_kib();
    EXPECT_THAT(reason(file), ::testing::AllOf(HasSubstr(format), HasSubstr("max_pixels")));
    EXPECT_LT(peak_memory_kib() - before, 16 * 1024) << "KiB allocated for a picture refused";
  }
}

TEST(DecodeLimits, TheLimitItselfIsAllowed) {
  const File picture = read(fovea::test::source_dir() / "tests/golden/decode/data/png_rgb.png");
  EXPECT_EQ(reason(picture, {.max_pixels = 21 * 13}), "");
  EXPECT_THAT(reason(picture, {.max_pixels = 21 * 13 - 1}), HasSubstr("21x13 is 273 pixels"));
  EXPECT_EQ(reason(picture, {.max_bytes = picture.size()}), "");
  EXPECT_THAT(reason(picture, {.max_bytes = picture.size() - 1}), HasSubstr("max_bytes"));
}

TEST(DecodeLimits, SidesThatOpenCvCannotHoldAreNamed) {
  EXPECT_THAT(reason(png_claiming(2'000'000, 1)), HasSubstr("no side may exceed 1048576"));
  EXPECT_THAT(reason(png_claiming(0, 5)), HasSubstr("size of 0x5"));
}

class DecodeFile : public ::testing::Test {
 protected:
  DecodeFile() : folder_(std::filesystem::path(::testing::TempDir()) / "fovea_decode_file") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~DecodeFile() override { std::filesystem::remove_all(folder_); }

  std::string reason_of(const std::filesystem::path& path, const DecodeOptions& options = {}) {
    try {
      decode_file(path, options);
    } catch (const FrameError& error) {
      return error.what();
    }
    return {};
  }

  std::filesystem::path folder_;
};

TEST_F(DecodeFile, WhatIsNoFileIsSaidSo) {
  EXPECT_EQ(reason_of(folder_ / "none.png"), "the file does not exist");
  EXPECT_EQ(reason_of(folder_), "this is a folder, not a file");
  ASSERT_EQ(mkfifo((folder_ / "pipe.png").c_str(), 0600), 0);
  EXPECT_EQ(reason_of(folder_ / "pipe.png"), "this is a pipe or a device, not a regular file");
}

TEST_F(DecodeFile, AnEmptyFileAndAHugeOneAreRefused) {
  std::ofstream(folder_ / "empty.jpg").close();
  EXPECT_EQ(reason_of(folder_ / "empty.jpg"), "the file is empty");
  std::ofstream(folder_ / "huge.jpg").close();
  std::filesystem::resize_file(folder_ / "huge.jpg", (std::uint64_t{1} << 30) + 1);
  const long before = peak_memory_kib();
  EXPECT_THAT(reason_of(folder_ / "huge.jpg"), HasSubstr("more than the limit of 1073741824"));
  EXPECT_LT(peak_memory_kib() - before, 16 * 1024) << "KiB read of a file refused";
}

TEST_F(DecodeFile, TheContentDecidesNotTheName) {
  const auto golden = fovea::test::source_dir() / "tests/golden/decode/data";
  std::filesystem::copy_file(golden / "webp_lossless.webp", folder_ / "a.jpg");
  const Decoded decoded = decode_file(folder_ / "a.jpg");
  EXPECT_EQ(decoded.format, "WebP");
  EXPECT_EQ(decoded.source_w, 21);
  EXPECT_EQ(decoded.source_h, 13);
}

}  // namespace
}  // namespace fovea::pipeline::test
