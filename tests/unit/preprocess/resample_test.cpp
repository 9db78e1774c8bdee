// SPDX-License-Identifier: Apache-2.0
// What the goldens cannot show: windows, bounded memory, the slow twin.
#include "vision/preprocess/resample.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <sys/resource.h>

#include "tests/golden/preprocess/pattern.hpp"
#include "tests/golden/preprocess/resampled.hpp"

namespace fovea::vision {
namespace {

using test::pattern;
using test::resampled;

bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0.0;
}

class EveryFilter : public ::testing::TestWithParam<Resample> {};

std::string name_of(const ::testing::TestParamInfo<Resample>& info) {
  constexpr const char* kNames[] = {"nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"};
  return kNames[static_cast<int>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Pillow, EveryFilter,
                         ::testing::Values(Resample::nearest, Resample::lanczos, Resample::bilinear,
                                           Resample::bicubic, Resample::box, Resample::hamming),
                         name_of);

TEST_P(EveryFilter, AWindowIsThatPartOfTheWhole) {
  const cv::Mat rgb = pattern("noise", 61, 43);
  for (const cv::Size out :
       {cv::Size(17, 29), cv::Size(90, 29), cv::Size(43, 61), cv::Size(43, 9)}) {
    const cv::Mat whole = resampled(rgb, ResampleAxis::whole(43, out.width),
                                    ResampleAxis::whole(61, out.height), GetParam());
    for (const cv::Rect window : {cv::Rect(0, 0, 1, 1), cv::Rect(3, 2, 11, 5),
                                  cv::Rect(out.width - 1, out.height - 1, 1, 1),
                                  cv::Rect(0, out.height / 2, out.width, out.height / 2)}) {
      const cv::Mat part = resampled(rgb, {43, out.width, window.x, window.width},
                                     {61, out.height, window.y, window.height}, GetParam());
      EXPECT_TRUE(same(part, whole(window))) << out << " " << window;
    }
  }
}

TEST_P(EveryFilter, APlainColourStaysItself) {
  const cv::Mat rgb(37, 53, CV_8UC3, cv::Scalar(1, 128, 254));
  for (const cv::Size out : {cv::Size(7, 5), cv::Size(100, 120), cv::Size(53, 90)}) {
    const cv::Mat resized = resampled(rgb, ResampleAxis::whole(53, out.width),
                                      ResampleAxis::whole(37, out.height), GetParam());
    EXPECT_TRUE(same(resized, cv::Mat(out, CV_8UC3, cv::Scalar(1, 128, 254)))) << out;
  }
}

TEST_P(EveryFilter, TheSameSizeIsTheSamePicture) {
  const cv::Mat rgb = pattern("noise", 19, 23);
  const cv::Mat out =
      resampled(rgb, ResampleAxis::whole(23, 23), ResampleAxis::whole(19, 19), GetParam());
  EXPECT_TRUE(same(out, rgb));
  EXPECT_NE(out.data, rgb.data) << "a copy: the caller may change it";
}

TEST_P(EveryFilter, AViewIntoALargerPictureIsReadRowByRow) {
  const cv::Mat large = pattern("noise", 80, 90);
  const cv::Mat view = large(cv::Rect(11, 7, 40, 50));
  const auto resized = [](const cv::Mat& rgb) {
    return resampled(rgb, ResampleAxis::whole(40, 16), ResampleAxis::whole(50, 21), GetParam());
  };
  EXPECT_TRUE(same(resized(view), resized(view.clone())));
}

// The slow twin: both passes straight from the definition, over whole pictures, in double.
// Fixed-point weights are off by 2^-23 each and each pass rounds to a byte: one level a pass.
TEST(Resample, BilinearIsWithinTwoLevelsOfTheDefinition) {
  const cv::Mat rgb = pattern("noise", 37, 53);
  const int out_h = 11, out_w = 90;
  const auto weights = [](int in, int out, int at) {
    const double scale = static_cast<double>(in) / out, stretch = std::max(scale, 1.0);
    const double centre = (at + 0.5) * scale;
    std::vector<double> all(static_cast<std::size_t>(in));
    double sum = 0;
    for (int i = 0; i < in; ++i)
      sum += all[static_cast<std::size_t>(i)] =
          std::max(0.0, 1.0 - std::abs((i + 0.5 - centre) / stretch));
    for (double& weight : all) weight /= sum;
    return all;
  };
  const cv::Mat out = resampled(rgb, ResampleAxis::whole(53, out_w), ResampleAxis::whole(37, out_h),
                                Resample::bilinear);
  for (int y = 0; y < out_h; ++y)
    for (int x = 0; x < out_w; ++x) {
      const auto down = weights(37, out_h, y), across = weights(53, out_w, x);
      cv::Vec3d sum(0, 0, 0);
      for (int i = 0; i < 37; ++i)
        for (int j = 0; j < 53; ++j)
          sum += cv::Vec3d(rgb.at<cv::Vec3b>(i, j)) *
                 (down[static_cast<std::size_t>(i)] * across[static_cast<std::size_t>(j)]);
      for (int c = 0; c < 3; ++c)
        ASSERT_NEAR(out.at<cv::Vec3b>(y, x)[c], sum[c], 2.0) << y << "," << x << "," << c;
    }
}

TEST(Resample, AVeryTallPictureCostsNoTallIntermediate) {
  // Horizontal first would be 60,000 x 224 x 3 bytes = 40 MB if it were kept.
  const cv::Mat rgb = pattern("noise", 60'000, 1);
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  const cv::Mat out = resampled(rgb, ResampleAxis::whole(1, 224),
                                ResampleAxis::whole(rgb.rows, 224), Resample::bilinear);
  getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(out.size(), cv::Size(224, 224));
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 16 * 1024) << "KiB";
}

TEST(Resample, AHugeEnlargementCostsOnlyItsWindow) {
  const cv::Mat rgb = pattern("noise", 1, 50'000);
  const std::int64_t full = std::int64_t{224} * 50'000;
  for (const Resample filter : {Resample::bicubic, Resample::nearest}) {
    const cv::Mat out =
        resampled(rgb, {50'000, full, full / 2, 224}, ResampleAxis::whole(1, 224), filter);
    // 224 output columns are one source pixel and its neighbours' influence.
    EXPECT_EQ(out.size(), cv::Size(224, 224));
    EXPECT_TRUE(same(out.row(0), out.row(223)));
  }
}

TEST(Resample, CvLinearIsOpenCvsAndNothingElse) {
  const cv::Mat rgb = pattern("noise", 60, 80);
  cv::Mat expected;
  cv::resize(rgb, expected, cv::Size(20, 15), 0, 0, cv::INTER_LINEAR);
  const auto resized = [&](Resample filter) {
    return resampled(rgb, ResampleAxis::whole(80, 20), ResampleAxis::whole(60, 15), filter);
  };
  EXPECT_TRUE(same(resized(Resample::cv_linear), expected));
  // Without antialiasing a fourfold reduction looks at one pixel in four: tens of levels apart.
  EXPECT_GT(cv::norm(resized(Resample::bilinear), expected, cv::NORM_INF), 20.0);
  EXPECT_TRUE(same(resampled(rgb, {80, 20, 3, 9}, {60, 15, 1, 4}, Resample::cv_linear),
                   expected(cv::Rect(3, 1, 9, 4))));
  EXPECT_THROW(
      resampled(pattern("noise", 1, 80), {80, 1 << 26, 0, 9}, {1, 224, 0, 4}, Resample::cv_linear),
      std::length_error);
}

}  // namespace
}  // namespace fovea::vision
