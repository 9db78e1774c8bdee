// SPDX-License-Identifier: Apache-2.0
// Pillow's own test images, where they are at hand: hostile ones, broken ones, odd ones.
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "tests/support/places.hpp"
#include "tests/unit/decode/bytes.hpp"

namespace fovea::pipeline::test {
namespace {

constexpr int kGrid = 4;
constexpr int kMeans = kGrid * kGrid * 3;

struct Expected {
  int width = 0, height = 0, orientation = 0;
  std::uint64_t hash = 0;     // FNV-1a of all pixels
  std::vector<double> means;  // of kGrid x kGrid parts, R, G, B
};

/// tests/golden/decode/image_formats.txt, made with Pillow by make_decode_goldens.py.
std::map<std::string, Expected> goldens() {
  std::map<std::string, Expected> all;
  std::ifstream file(fovea::test::source_dir() / "tests/golden/decode/image_formats.txt");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream fields(line);
    std::string name;
    Expected expected;
    fields >> name >> expected.width >> expected.height >> expected.orientation >> std::hex >>
        expected.hash >> std::dec;
    for (double mean = 0; fields >> mean;) expected.means.push_back(mean);
    all[name] = expected;
  }
  return all;
}

std::uint64_t hash(const cv::Mat& rgb) {
  std::uint64_t value = 0xcbf29ce484222325u;
  for (int row = 0; row < rgb.rows; ++row)
    for (int i = 0; i < rgb.cols * 3; ++i) value = (value ^ rgb.ptr(row)[i]) * 0x100000001b3u;
  return value;
}

std::vector<double> means(const cv::Mat& rgb) {
  std::vector<double> all;
  for (int y = 0; y < kGrid; ++y)
    for (int x = 0; x < kGrid; ++x) {
      const cv::Rect part(x * (rgb.cols / kGrid), y * (rgb.rows / kGrid), rgb.cols / kGrid,
                          rgb.rows / kGrid);
      const cv::Scalar mean = cv::mean(rgb(part));
      all.insert(all.end(), {mean[0], mean[1], mean[2]});
    }
  return all;
}

const std::map<std::string, std::string> kReasons = {
    {"LICENSE", "no picture that Fovea knows"},
    {"broken.png", "PNG: the header is damaged"},
    {"crash-2020-10-test.tif", "TIFF: damaged, tag 256 occurs twice"},
    {"crash-4f085cc12ece8cde18758d42608bed6a2a2cfb1c.tif", "TIFF: the picture data"},
    {"crash-86214e58da443d2b80820cff9677a38a33dcbbca.tif", "TIFF: the picture data"},
    {"hopper.avif", "AVIF picture: the AV1 decoder"},
    {"hopper.heif", "HEIC picture: the HEVC decoder"},
    {"hopper.ico", "Windows icon"},
    {"hopper_gray_4bpp.tif", "TIFF: 4 bits a sample"},
    {"truncated_jpeg.jpg", "JPEG: the file is cut short"},
};

void expect_pixels(const Decoded& decoded, const Expected& expected) {
  EXPECT_EQ(decoded.source_w, expected.width);
  EXPECT_EQ(decoded.source_h, expected.height);
  EXPECT_EQ(decoded.orientation, expected.orientation);
  if (decoded.format != "JPEG") {
    EXPECT_EQ(hash(decoded.image.rgb), expected.hash) << "not Pillow's pixels";
    return;
  }
  // libjpeg's releases may round differently, and OpenCV converts CMYK by another formula:
  // 2 levels at most, so no part's mean moves further than that.
  const std::vector<double> actual = means(decoded.image.rgb);
  ASSERT_EQ(actual.size(), static_cast<std::size_t>(kMeans));
  ASSERT_EQ(expected.means.size(), actual.size());
  for (std::size_t i = 0; i < actual.size(); ++i)
    EXPECT_NEAR(actual[i], expected.means[i], 2.0) << "part " << i / 3 << ", channel " << i % 3;
}

TEST(ImageFormats, EachGivesItsPictureOrItsReason) {
  const auto folder = fovea::test::shared_data_dir() / "image-formats";
  if (!std::filesystem::is_directory(folder))
    GTEST_SKIP() << "no " << folder << "; set FOVEA_DATA to the folder that holds it";
  const auto expected = goldens();
  ASSERT_FALSE(expected.empty());
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    SCOPED_TRACE(name);
    ++seen;
    const auto refused = kReasons.find(name);
    try {
      const Decoded decoded = decode_file(entry.path());
      fmt::print("{:<52} {} {}x{} orientation {}\n", name, decoded.format, decoded.source_w,
                 decoded.source_h, decoded.orientation);
      EXPECT_EQ(refused, kReasons.end()) << "decoded, though it should be refused";
      const auto golden = expected.find(name);
      ASSERT_NE(golden, expected.end()) << "no golden for it";
      expect_pixels(decoded, golden->second);
    } catch (const FrameError& error) {
      fmt::print("{:<52} {}\n", name, error.what());
      ASSERT_NE(refused, kReasons.end()) << "refused, though it should be decoded";
      EXPECT_THAT(error.what(), ::testing::HasSubstr(refused->second));
    }
  }
  EXPECT_EQ(seen, expected.size() + kReasons.size());
}

}  // namespace
}  // namespace fovea::pipeline::test
