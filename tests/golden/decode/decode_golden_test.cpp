// SPDX-License-Identifier: Apache-2.0
// Every kind of picture against what Pillow reads from it (scripts/goldens/make_decode_goldens.py).
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/decode/decode.hpp"
#include "tests/support/places.hpp"
#include "vision/preprocess/npy.hpp"

namespace fovea::pipeline {
namespace {

std::vector<std::filesystem::path> pictures() {
  std::vector<std::filesystem::path> paths;
  const auto folder = fovea::test::source_dir() / "tests/golden/decode/data";
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() != ".npy") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// In levels of 255. Lossless formats have none. Lossy ones leave rounding to the library:
/// libjpeg's and libwebp's releases need not agree, and OpenCV's formula for CMYK is not Pillow's.
int tolerance(const std::string& name) {
  return name.starts_with("jpeg") || name.find("lossy") != std::string::npos ? 2 : 0;
}

class DecodeGolden : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(DecodeGolden, HasPillowsPixels) {
  const std::filesystem::path& path = GetParam();
  const vision::NpyArray golden =
      vision::read_npy(std::filesystem::path(path).replace_extension(".npy"));
  const Decoded decoded = decode_file(path);
  const cv::Mat& rgb = decoded.image.rgb;
  ASSERT_EQ(golden.shape,
            (std::vector<std::size_t>{static_cast<std::size_t>(rgb.rows),
                                      static_cast<std::size_t>(rgb.cols), std::size_t{3}}));
  int worst = 0;
  std::size_t i = 0;
  for (int row = 0; row < rgb.rows; ++row)
    for (int value = 0; value < rgb.cols * 3; ++value)
      worst = std::max(worst, std::abs(rgb.ptr(row)[value] - static_cast<int>(golden.values[i++])));
  RecordProperty("worst", worst);
  EXPECT_LE(worst, tolerance(path.filename().string()));
}

INSTANTIATE_TEST_SUITE_P(Files, DecodeGolden, ::testing::ValuesIn(pictures()),
                         [](const auto& param) { return param.param.stem().string(); });

}  // namespace
}  // namespace fovea::pipeline
