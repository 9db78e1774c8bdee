// SPDX-License-Identifier: Apache-2.0
// What is told from spectra, on the device, against OpenCV's transforms and known changes of
// photographs.
#include <cmath>
#include <complex>
#include <numbers>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "compute/ops/fft.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/fft_tolerance.hpp"
#include "tests/support/places.hpp"
#include "vision/spectral/change.hpp"
#include "vision/spectral/drift.hpp"
#include "vision/spectral/fourier.hpp"
#include "vision/spectral/window.hpp"

namespace fovea::vision {
namespace {

class SpectralTest : public test::DeviceTest {
 protected:
  void SetUp() override {
    if (!compute::ops::has_fft()) GTEST_SKIP() << "VkFFT " << compute::ops::fft_version();
    DeviceTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    fourier_.emplace(device(), "test");
  }
  void TearDown() override {
    fourier_.reset();
    DeviceTest::TearDown();
  }
  static cv::Mat photograph() {
    cv::Mat rgb;
    const cv::Mat bgr = cv::imread((test::source_dir() / "datasets/samples/coffee.jpg").string());
    cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
    return rgb;
  }
  static cv::Mat noisy(const cv::Mat& rgb, double sigma, int seed) {
    cv::RNG random(static_cast<std::uint64_t>(seed));
    cv::Mat noise(rgb.size(), CV_32FC3), sum;
    random.fill(noise, cv::RNG::NORMAL, 0, sigma);
    rgb.convertTo(sum, CV_32FC3);
    sum += noise;
    sum.convertTo(sum, CV_8UC3);
    return sum;
  }

  std::optional<Fourier> fourier_;
};

/// The left half of OpenCV's transform in double, plane by plane.
cv::Mat dft_of(const cv::Mat& planes, int count) {
  const int rows = planes.rows / count;
  cv::Mat all;
  for (int i = 0; i < count; ++i) {
    cv::Mat plane, spectrum;
    planes.rowRange(i * rows, (i + 1) * rows).convertTo(plane, CV_64F);
    cv::dft(plane, spectrum, cv::DFT_COMPLEX_OUTPUT);
    all.push_back(cv::Mat(spectrum.colRange(0, planes.cols / 2 + 1)));
  }
  return all;
}

TEST_F(SpectralTest, TransformsAreThoseOfOpenCV) {
  const cv::Mat photo = photograph();
  for (const auto& [count, size] : {std::pair{3, cv::Size(14, 14)}, {1, cv::Size(160, 120)}}) {
    cv::Mat planes;
    for (int i = 0; i < count; ++i) {
      planes.push_back(small_grey(photo({40 * i, 20 * i, 200, 150}), size));
    }
    const cv::Mat found = fourier_->forward(planes, count);
    cv::Mat wide;
    found.convertTo(wide, CV_64FC2);
    const double tolerance =
        test::fft_tolerance(cv::norm(planes), static_cast<std::size_t>(size.area()));
    EXPECT_LE(cv::norm(wide, dft_of(planes, count), cv::NORM_INF), tolerance);
    EXPECT_LE(cv::norm(fourier_->inverse(found, count, size.width), planes, cv::NORM_INF),
              tolerance / std::sqrt(size.area()));
  }
}

TEST_F(SpectralTest, ChangeIsThatOfATwinByOpenCV) {
  const cv::Mat photo = photograph();
  cv::Mat other = photo.clone();
  cv::circle(other, {300, 200}, 30, {200, 40, 40}, cv::FILLED);
  const auto twin = [](const cv::Mat& rgb) {
    const Tiles tiles = cut_tiles(rgb);
    cv::Mat spectra;
    dft_of(tiles.planes, tiles.across * tiles.down).convertTo(spectra, CV_32FC2);
    return log_magnitudes(tiles, spectra);
  };
  const double found =
      spectral_change(tile_spectra(*fourier_, photo), tile_spectra(*fourier_, other));
  // A ratio of sums of logarithms near 1: what the transforms differ by is far below.
  EXPECT_NEAR(found, spectral_change(twin(photo), twin(other)), 1e-4);
  EXPECT_EQ(spectral_change(tile_spectra(*fourier_, photo), tile_spectra(*fourier_, photo)), 0);
}

/// docs/spectral.md gives the figures of whole videos; here the order of things is held.
TEST_F(SpectralTest, NoiseAndLightAreNoChangeAShakeIsASmallOneAndAThingIs) {
  const cv::Mat photo = photograph();
  const cv::Rect view(8, 8, photo.cols - 16, photo.rows - 16);
  const TileSpectra reference = tile_spectra(*fourier_, photo(view));
  const auto change = [&](const cv::Mat& rgb) {
    return spectral_change(reference, tile_spectra(*fourier_, rgb));
  };
  cv::Mat brighter = photo(view) + cv::Scalar(8, 8, 8);
  cv::Mat thing = photo(view).clone();
  cv::rectangle(thing, {260, 60, 50, 90}, {30, 60, 120}, cv::FILLED);
  const double shaken = change(photo(view + cv::Point(2, 1)));
  const double noise = change(noisy(photo(view), 4, 1));
  const double light = change(brighter);
  const double there = change(thing);
  EXPECT_LT(std::max(noise, light), 0.08);  // the default threshold
  EXPECT_LT(shaken, 0.15);                  // what docs/spectral.md advises for such cameras
  EXPECT_GT(there, 0.3);
}

/// The picture moved by (dx, dy) by the shift theorem, exactly; what leaves comes in opposite.
cv::Mat moved(const cv::Mat& rgb, double dx, double dy) {
  std::vector<cv::Mat> channels;
  cv::split(rgb, channels);
  for (cv::Mat& channel : channels) {
    cv::Mat plane, spectrum;
    channel.convertTo(plane, CV_64F);
    cv::dft(plane, spectrum, cv::DFT_COMPLEX_OUTPUT);
    for (int u = 0; u < spectrum.rows; ++u) {
      const double fy =
          static_cast<double>(2 * u < spectrum.rows ? u : u - spectrum.rows) / spectrum.rows;
      auto* row = spectrum.ptr<std::complex<double>>(u);
      for (int v = 0; v < spectrum.cols; ++v) {
        const double fx =
            static_cast<double>(2 * v < spectrum.cols ? v : v - spectrum.cols) / spectrum.cols;
        row[v] *= std::polar(1.0, -2 * std::numbers::pi * (fx * dx + fy * dy));
      }
    }
    cv::dft(spectrum, plane, cv::DFT_INVERSE | cv::DFT_SCALE | cv::DFT_REAL_OUTPUT);
    plane.convertTo(channel, CV_8U);
  }
  cv::Mat result;
  cv::merge(channels, result);
  return result;
}

TEST_F(SpectralTest, DriftIsFoundToATenthOfAPixel) {
  const cv::Mat photo = photograph();
  const DriftPicture reference = drift_picture(*fourier_, photo);
  for (const cv::Point2d shift :
       {cv::Point2d(0, 0), {0.3, -0.7}, {-0.5, 0.5}, {3.25, 1.6}, {-7.5, 4.1}, {20.4, -13.3}}) {
    const cv::Mat now = noisy(moved(photo, shift.x, shift.y), 2, 3);
    const auto drift = measure_drift(*fourier_, reference, drift_picture(*fourier_, now));
    ASSERT_TRUE(drift) << shift;
    EXPECT_NEAR(drift->dx, shift.x, 0.1) << shift;
    EXPECT_NEAR(drift->dy, shift.y, 0.1) << shift;
  }
}

/// A second opinion, and pictures that are not periodic: what comes in at the edge is new.
TEST_F(SpectralTest, DriftOfACameraIsThatOfOpenCV) {
  const cv::Mat photo = photograph();
  const cv::Size view(photo.cols - 40, photo.rows - 40);
  const auto seen_from = [&](double x, double y) {
    cv::Mat part;
    const cv::Matx23d there(1, 0, -x, 0, 1, -y);
    cv::warpAffine(photo, part, there, view, cv::INTER_LANCZOS4);
    return part;
  };
  const cv::Mat before = seen_from(20, 20), now = seen_from(22.6, 17.7);
  const auto drift =
      measure_drift(*fourier_, drift_picture(*fourier_, before), drift_picture(*fourier_, now));
  ASSERT_TRUE(drift);
  EXPECT_NEAR(drift->dx, -2.6, 0.1);
  EXPECT_NEAR(drift->dy, 2.3, 0.1);
  cv::Mat a = small_grey(before, view), b = small_grey(now, view);
  const cv::Point2d theirs = cv::phaseCorrelate(a, b, hann_window(view.height, view.width));
  // Its peak is the centroid of 5 x 5 values, which is good to about a fifth of a pixel.
  EXPECT_NEAR(drift->dx, theirs.x, 0.3);
  EXPECT_NEAR(drift->dy, theirs.y, 0.3);
}

TEST_F(SpectralTest, AnotherSceneHasNoDrift) {
  const cv::Mat photo = photograph();
  cv::Mat other(photo.size(), CV_8UC3);
  cv::RNG(5).fill(other, cv::RNG::UNIFORM, 0, 256);
  EXPECT_FALSE(
      measure_drift(*fourier_, drift_picture(*fourier_, photo), drift_picture(*fourier_, other)));
}

}  // namespace
}  // namespace fovea::vision
