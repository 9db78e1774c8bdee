// SPDX-License-Identifier: Apache-2.0
// decode: fast. JPEGs decoded at a fraction: only when asked for, upright, and close to the
// whole picture made as small.
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "pipeline/decode/orientation.hpp"
#include "tests/unit/decode/bytes.hpp"

namespace fovea::pipeline {
namespace {

using test::big, test::bytes_of, test::File, test::operator+;
using namespace std::literals;

constexpr int kHeight = 301, kWidth = 417;  // no multiple of a block, nor of a fraction

/// Smooth, and different in every corner, so that a wrong turn shows.
cv::Mat picture() {
  cv::Mat rgb(kHeight, kWidth, CV_8UC3);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      rgb.at<cv::Vec3b>(y, x) = {static_cast<std::uint8_t>(x * 255 / kWidth),
                                 static_cast<std::uint8_t>(y * 255 / kHeight),
                                 static_cast<std::uint8_t>(128 + 100 * std::sin(x * y * 1e-4))};
    }
  }
  return rgb;
}

File encoded(const char* ending) {
  cv::Mat bgr;
  cv::cvtColor(picture(), bgr, cv::COLOR_RGB2BGR);
  std::vector<std::uint8_t> bytes;
  cv::imencode(ending, bgr, bytes, {cv::IMWRITE_JPEG_QUALITY, 95});
  const auto* first = reinterpret_cast<const std::byte*>(bytes.data());
  return {first, first + bytes.size()};
}

File turned_jpeg(std::uint64_t orientation) {
  const File jpeg = encoded(".jpg");
  const File exif = bytes_of("Exif\0\0MM\0*"sv) + big(8, 4) + big(1, 2) + big(0x0112, 2) +
                    big(3, 2) + big(1, 4) + big(orientation, 2) + big(0, 2) + big(0, 4);
  return File(jpeg.begin(), jpeg.begin() + 2) + big(0xFFE1, 2) + big(exif.size() + 2, 2) + exif +
         File(jpeg.begin() + 2, jpeg.end());
}

DecodeOptions reduced_by(int parts) {
  DecodeOptions options;
  options.reduction = [parts](int, int) { return parts; };
  return options;
}

/// Mean difference in levels between `small` and the whole picture made as small.
double apart(const cv::Mat& small, const cv::Mat& whole) {
  cv::Mat wanted;
  cv::resize(whole, wanted, small.size(), 0, 0, cv::INTER_AREA);
  return cv::norm(small, wanted, cv::NORM_L1) / static_cast<double>(small.total() * 3);
}

TEST(Reduction, IsNeverDoneUnasked) {
  const Decoded decoded = decode_bytes(encoded(".jpg"));
  EXPECT_EQ(decoded.reduction, 1);
  EXPECT_EQ(decoded.image.rgb.size(), cv::Size(kWidth, kHeight));
}

TEST(Reduction, GivesTheFractionUprightAndCloseToTheWhole) {
  for (std::uint64_t orientation = 1; orientation <= 8; ++orientation) {
    const File jpeg = turned_jpeg(orientation);
    const Decoded whole = decode_bytes(jpeg);
    ASSERT_EQ(whole.orientation, static_cast<int>(orientation));
    for (const int parts : {1, 2, 4, 8}) {
      const Decoded small = decode_bytes(jpeg, reduced_by(parts));
      EXPECT_EQ(small.reduction, parts);
      EXPECT_EQ(small.source_w, whole.source_w);
      EXPECT_EQ(small.source_h, whole.source_h);
      const auto side = [&](int px) { return (px + parts - 1) / parts; };
      ASSERT_EQ(small.image.rgb.size(), cv::Size(side(whole.source_w), side(whole.source_h)));
      // A turn the wrong way is some 60 levels; a last row or column that is half a block, 2.
      EXPECT_LT(apart(small.image.rgb, whole.image.rgb), 3.0)
          << "orientation " << orientation << ", 1/" << parts;
    }
  }
}

TEST(Reduction, AsksAboutTheUprightSize) {
  for (const std::uint64_t orientation : {1u, 6u}) {
    DecodeOptions options;
    int height = 0, width = 0;
    options.reduction = [&](int h, int w) {
      height = h;
      width = w;
      return 2;
    };
    const Decoded decoded = decode_bytes(turned_jpeg(orientation), options);
    EXPECT_EQ(height, decoded.source_h);
    EXPECT_EQ(width, decoded.source_w);
    EXPECT_EQ(decoded.source_h, orientation == 1 ? kHeight : kWidth);
  }
}

TEST(Reduction, IsForJpegsOnly) {
  const Decoded decoded = decode_bytes(encoded(".png"), reduced_by(4));
  EXPECT_EQ(decoded.reduction, 1);
  EXPECT_EQ(cv::norm(decoded.image.rgb, picture(), cv::NORM_INF), 0.0);
}

}  // namespace
}  // namespace fovea::pipeline
