// SPDX-License-Identifier: Apache-2.0
// The device's transforms of tiles, held to OpenCV's.
#include "vision/quality/spectra.hpp"

#include <opencv2/core.hpp>

#include "compute/ops/fft.hpp"
#include "tests/support/degrade.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"
#include "tests/unit/vision/spectra_by_dft.hpp"

namespace fovea::test {
namespace {

using SpectraTest = DeviceTest;

TEST_F(SpectraTest, AreOpenCVs) {
  if (!compute::ops::has_fft()) GTEST_SKIP() << "VkFFT " << compute::ops::fft_version();
  vision::Fourier fourier(device(), "the test");
  for (const cv::Size size : {cv::Size(64, 64), cv::Size(100, 90)}) {
    const auto tiles = vision::make_tiles(noisy(cv::Mat(size, CV_8U, cv::Scalar(128)), 30));
    const cv::Mat ours = vision::quality_spectra(fourier, tiles), twin = spectra_by_dft(tiles);
    ASSERT_EQ(ours.size(), twin.size());
    // Sums of 64 x 64 values below 128: float's rounding, 6e-8, of partial sums near their norm
    // (2,000), in log2(4096) = 12 steps of each of two transforms.
    EXPECT_LT(cv::norm(ours, twin, cv::NORM_INF), 2000 * 6e-8 * 24);
  }
}

TEST_F(SpectraTest, AreRefusedWithoutVkFFT) {
  if (compute::ops::has_fft()) GTEST_SKIP() << "this build has VkFFT";
  const auto text = error_text([] { vision::Fourier fourier(device(), "the stage 'quality'"); });
  EXPECT_THAT(text, ::testing::HasSubstr("the stage 'quality' needs Fourier transforms"));
}

}  // namespace
}  // namespace fovea::test
