// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

#include "tests/support/degrade.hpp"
#include "tests/support/places.hpp"
#include "tests/unit/vision/spectra_by_dft.hpp"
#include "vision/quality/pattern.hpp"
#include "vision/quality/pixels.hpp"
#include "vision/quality/score.hpp"
#include "vision/quality/stream_watch.hpp"

namespace fovea::test {
namespace {

using ::testing::Optional;
using vision::Flaw;
using vision::Quality;

cv::Mat sample(const std::string& name) {
  return cv::imread((source_dir() / "datasets/samples" / name).string(), cv::IMREAD_GRAYSCALE);
}

cv::Mat noise(int rows, int columns, double mean, double sigma) {
  return noisy(cv::Mat(rows, columns, CV_8U, cv::Scalar(mean)), sigma);
}

cv::Mat compressed(const cv::Mat& grey, int quality) {
  std::vector<unsigned char> bytes;
  cv::imencode(".jpg", grey, bytes, {cv::IMWRITE_JPEG_QUALITY, quality});
  return cv::imdecode(bytes, cv::IMREAD_GRAYSCALE);
}

/// Angles of lines: 179 and 1 are 2 apart.
double angle_between(double a, double b) {
  const double difference = std::fmod(std::abs(a - b), 180);
  return std::min(difference, 180 - difference);
}

TEST(Tiles, AreTheLargestThatFitSpreadFromEdgeToEdge) {
  EXPECT_EQ(vision::make_tiles(cv::Mat(720, 1280, CV_8U, cv::Scalar(9))).count, 9);
  const vision::QualityTiles some = vision::make_tiles(cv::Mat(200, 300, CV_8U, cv::Scalar(9)));
  EXPECT_EQ(some.side, 128);
  EXPECT_EQ(some.count, 6);
  EXPECT_EQ(some.planes.size(), cv::Size(128, 6 * 128));
  EXPECT_EQ(vision::make_tiles(cv::Mat(64, 4000, CV_8U, cv::Scalar(9))).count, 3);
  EXPECT_EQ(vision::make_tiles(cv::Mat(63, 4000, CV_8U, cv::Scalar(9))).count, 0);
}

TEST(Tiles, WhiteNoiseHasItsVarianceAsPower) {
  double sum = 0;
  int n = 0;
  for (const cv::Mat& power : powers_by_dft(noise(512, 512, 128, 10))) {
    sum += cv::mean(power)[0];
    ++n;
  }
  // 1/12 by rounding to whole grey levels; four tiles of some 30,000 places with errors of their
  // own size stray by 1 %.
  EXPECT_NEAR(sum / n, 100 + 1.0 / 12, 3);
}

TEST(Tiles, FrequencyZeroIsInTheMiddleOfTheWholeSpectrum) {
  const cv::Mat flat(64, 64, CV_8U, cv::Scalar(128));
  const cv::Mat plane = vision::centred(powers_by_dft(with_wave(flat, 40, 8, 30)).front());
  cv::Point highest;
  cv::minMaxLoc(plane, nullptr, nullptr, nullptr, &highest);
  const cv::Point mirror(64 - highest.x, 64 - highest.y);
  EXPECT_FLOAT_EQ(plane.at<float>(highest), plane.at<float>(mirror));
  EXPECT_NEAR(std::abs(highest.x - 32), 8 * std::cos(0.5236), 1);
  EXPECT_NEAR(std::abs(highest.y - 32), 8 * std::sin(0.5236), 1);
}

TEST(Patterns, TheWaveIsFound) {
  const cv::Mat photo = sample("astronaut.jpg");
  for (const double degrees : {20.0, 60.0, 135.0}) {
    const auto found = vision::find_patterns(powers_by_dft(with_wave(photo, 10, 6.3, degrees)));
    ASSERT_TRUE(found.strongest) << degrees;
    // A place of the spectrum is 1/256 cycle a pixel wide: 2.5 % of this period, 1.4 degrees.
    EXPECT_NEAR(found.strongest->period_px, 6.3, 0.16);
    EXPECT_LT(angle_between(found.strongest->degrees, degrees), 1.5);
    // 10 / sqrt(2); up to a tenth of the power leaks beyond the neighbours of its place.
    EXPECT_NEAR(found.across, 7.07, 0.7);
    EXPECT_LT(found.rows_or_columns, 1);
  }
}

TEST(Patterns, RowsAndColumnsAreBanding) {
  const cv::Mat photo = sample("coffee.jpg");
  for (const double degrees : {0.0, 90.0}) {
    const Quality quality = quality_by_dft(with_wave(photo, 10, 11, degrees));
    EXPECT_LT(*quality[Flaw::banding], 0.3f) << degrees;
    EXPECT_GT(*quality[Flaw::moire], 0.8f) << degrees;
    ASSERT_TRUE(quality.wave);
    EXPECT_NEAR(quality.wave->period_px, 11, 0.5);  // as above: 4.3 %
    EXPECT_LT(angle_between(quality.wave->degrees, degrees), 3);
  }
}

TEST(Motion, ItsDirectionIsFound) {
  for (const char* name : {"astronaut.jpg", "coffee.jpg", "rocket.jpg"}) {
    const cv::Mat photo = sample(name);
    EXPECT_GT(*quality_by_dft(photo)[Flaw::motion], 0.5f) << name;
    for (const double degrees : {0.0, 35.0, 110.0, 160.0}) {
      const Quality quality = quality_by_dft(moved(photo, 15, degrees));
      ASSERT_TRUE(quality.motion_degrees) << name << " " << degrees;
      // Of 100 photographs moved in any direction, three quarters are within 4 degrees and
      // nine in ten within 7: docs/quality.md.
      EXPECT_LT(angle_between(*quality.motion_degrees, degrees), 8) << name << " " << degrees;
    }
  }
}

TEST(Blur, ItsWidthIsToldInPixels) {
  for (const char* name : {"astronaut.jpg", "coffee.jpg", "rocket.jpg"}) {
    for (const double sigma : {1.5, 2.0, 3.0}) {
      // That scenes differ in how their power falls makes a third, and the photograph's own blur
      // is on top.
      EXPECT_NEAR(*quality_by_dft(blurred(sample(name), sigma)).blur_px, sigma, 0.4 * sigma)
          << name;
    }
  }
}

TEST(Exposure, IsOfMeanAndOfWhatIsCutOff) {
  const auto score = [](double level) {
    return vision::exposure_score(vision::exposure_of(cv::Mat(50, 50, CV_8U, cv::Scalar(level))));
  };
  EXPECT_EQ(score(0), 0);
  EXPECT_EQ(score(255), 0);
  EXPECT_NEAR(score(128), 1, 1e-6);  // 128 / 255 is not quite 1/2
  EXPECT_NEAR(score(25.5), 0.59, 0.02);
  cv::Mat half(50, 50, CV_8U, cv::Scalar(128));
  half.rowRange(0, 25).setTo(255);
  EXPECT_LT(score(250), 0.2);
  EXPECT_NEAR(vision::exposure_of(half).clipped, 0.5, 1e-9);
}

TEST(Quality, APlainPictureIsNotSharp) {
  const Quality quality = quality_by_dft(cv::Mat(300, 300, CV_8U, cv::Scalar(128)));
  EXPECT_THAT(quality[Flaw::blur], Optional(0.0f));
  EXPECT_EQ(quality[Flaw::motion], std::nullopt);
  EXPECT_THAT(quality[Flaw::noise], Optional(1.0f));
  EXPECT_THAT(quality[Flaw::moire], Optional(1.0f));
}

TEST(Quality, NoiseDoesNotPassForSharpness) {
  const cv::Mat photo = blurred(sample("astronaut.jpg"), 2);
  const float without = *quality_by_dft(photo)[Flaw::blur];
  const float with = *quality_by_dft(noisy(photo, 10))[Flaw::blur];
  EXPECT_LT(with, 0.3f);
  // Noise hides the fine half of what is left, and nothing takes its place.
  EXPECT_NEAR(with, without, 0.05);
}

TEST(Quality, ASmallPictureHasNoScoresOfSpectra) {
  const Quality quality = quality_by_dft(noise(40, 40, 128, 20));
  EXPECT_EQ(quality[Flaw::blur], std::nullopt);
  EXPECT_EQ(quality[Flaw::moire], std::nullopt);
  EXPECT_TRUE(quality[Flaw::exposure]);
  EXPECT_TRUE(quality[Flaw::blocks]);
}

struct Damage {
  const char* name;
  Flaw flaw;
  std::vector<double> amounts;  // worse and worse
  std::function<cv::Mat(const cv::Mat&, double)> apply;

  friend void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }
};

class DamageTest : public ::testing::TestWithParam<Damage> {};

TEST_P(DamageTest, IsSeenTheMoreTheWorseItIs) {
  const Damage& damage = GetParam();
  for (const char* name : {"astronaut.jpg", "cat.jpg", "coffee.jpg", "rocket.jpg"}) {
    const cv::Mat photo = sample(name);
    float before = 2;
    for (const double amount : damage.amounts) {
      const Quality quality = quality_by_dft(damage.apply(photo, amount));
      ASSERT_TRUE(quality[damage.flaw]);
      EXPECT_LT(*quality[damage.flaw], before) << name << " " << damage.name << " " << amount;
      before = *quality[damage.flaw];
    }
    EXPECT_LT(before, 0.35f) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Known, DamageTest,
    ::testing::Values(Damage{"blur", Flaw::blur, {0, 0.7, 1, 1.5, 2, 3, 4}, blurred},
                      Damage{"motion",
                             Flaw::motion,
                             {1, 5, 9, 15, 25},
                             [](const cv::Mat& m, double px) { return moved(m, px, 30); }},
                      Damage{"rows",
                             Flaw::banding,
                             {3, 6, 12, 24},
                             [](const cv::Mat& m, double a) { return with_wave(m, a, 7, 90); }},
                      Damage{"waves",
                             Flaw::moire,
                             {3, 6, 12, 24},
                             [](const cv::Mat& m, double a) { return with_wave(m, a, 7, 40); }},
                      Damage{"blocks",
                             Flaw::blocks,
                             {80, 50, 20, 10, 5},
                             [](const cv::Mat& m, double quality) {
                               return compressed(m, static_cast<int>(quality));
                             }},
                      Damage{"noise",
                             Flaw::noise,
                             {0, 10, 20, 40, 60},
                             [](const cv::Mat& m, double sigma) { return noisy(m, sigma); }},
                      Damage{"dark",
                             Flaw::exposure,
                             {0.6, 0.4, 0.2, 0.1},
                             [](const cv::Mat& m, double gain) -> cv::Mat { return m * gain; }}),
    [](const auto& test) { return std::string(test.param.name); });

class StreamTest : public ::testing::Test {
 protected:
  Quality see(double seconds, const cv::Mat& grey) {
    Quality quality;
    watch_.observe(seconds, vision::rings_of(powers_by_dft(grey)), quality);
    return quality;
  }

  vision::StreamWatch watch_;
};

TEST_F(StreamTest, OnePictureForEverIsFrozen) {
  const cv::Mat scene = sample("cat.jpg");
  EXPECT_THAT(see(0, scene)[Flaw::frozen], Optional(1.0f));
  EXPECT_THAT(see(1, noisy(scene, 1, 1))[Flaw::frozen], Optional(1.0f));
  const cv::Mat last = noisy(scene, 1, 2);
  EXPECT_THAT(see(2, last)[Flaw::frozen], Optional(1.0f));
  EXPECT_THAT(see(7, last)[Flaw::frozen], Optional(0.5f));
  EXPECT_THAT(see(12, last)[Flaw::frozen], Optional(0.0f));
  EXPECT_THAT(see(90, last)[Flaw::frozen], Optional(0.0f));
  EXPECT_THAT(see(91, scene)[Flaw::frozen], Optional(1.0f));
}

TEST_F(StreamTest, ACoveredLensIsObstructed) {
  const cv::Mat scene = sample("astronaut.jpg");
  for (int i = 0; i < 20; ++i) {
    EXPECT_GT(*see(i, noisy(scene, 1, static_cast<unsigned>(i)))[Flaw::obstruction], 0.95f);
  }
  const cv::Mat hand = noisy(blurred(scene, 30) * 0.3, 1, 99);
  EXPECT_LT(*see(20, hand)[Flaw::obstruction], 0.1f);
  EXPECT_GT(*see(21, scene)[Flaw::obstruction], 0.95f);
}

TEST_F(StreamTest, PicturesThatAreTooSmallAreNotJudged) {
  const Quality quality = see(0, cv::Mat(20, 20, CV_8U, cv::Scalar(3)));
  EXPECT_EQ(quality[Flaw::obstruction], std::nullopt);
  EXPECT_EQ(quality[Flaw::frozen], std::nullopt);
}

}  // namespace
}  // namespace fovea::test
