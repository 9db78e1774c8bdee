// SPDX-License-Identifier: Apache-2.0
// Every family of loops against the scalar one, bit for bit, and what a resize leaves alone.
#include "vision/preprocess/resample_kernels.hpp"

#include <algorithm>
#include <atomic>
#include <random>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "tests/golden/preprocess/pattern.hpp"
#include "tests/golden/preprocess/resampled.hpp"
#include "tests/support/allocation_count.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::vision {
namespace {

using test::pattern;
using test::resampled;

constexpr Resample kTwoPass[] = {Resample::lanczos, Resample::bilinear, Resample::bicubic,
                                 Resample::box, Resample::hamming};

TEST(ResampleKernels, TheScalarOneComesFirst) {
  EXPECT_EQ(resample_kernels().front(), &kResampleScalar);
  for (const ResampleKernels* kernels : resample_kernels()) fmt::print("runs {}\n", kernels->name);
}

/// A random side: mostly small, where edges matter, sometimes as large as photographs.
int side(std::mt19937& random) {
  const int limit = random() % 8 == 0 ? 700 : 60;
  return 1 + static_cast<int>(random() % static_cast<unsigned>(limit));
}

ResampleAxis axis(std::mt19937& random) {
  ResampleAxis axis;
  axis.in = side(random);
  axis.out = random() % 8 == 0 ? axis.in : side(random);
  axis.count = 1 + static_cast<int>(random() % static_cast<unsigned>(axis.out));
  axis.begin =
      static_cast<std::int64_t>(random() % static_cast<unsigned>(axis.out - axis.count + 1));
  return axis;
}

TEST(ResampleKernels, EveryFamilyGivesTheScalarBits) {
  std::mt19937 random(20261122);
  for (int i = 0; i < 4000; ++i) {
    const ResampleAxis x = axis(random), y = axis(random);
    const Resample filter = kTwoPass[random() % std::size(kTwoPass)];
    // Extremes overshoot in both directions; their sums are the largest there are.
    const cv::Mat rgb = pattern(i % 3 == 0 ? "edges" : "noise", y.in, x.in);
    const cv::Mat right = resampled(rgb, x, y, filter, kResampleScalar);
    for (const ResampleKernels* kernels : resample_kernels()) {
      const cv::Mat out = resampled(rgb, x, y, filter, *kernels);
      ASSERT_EQ(cv::norm(out, right, cv::NORM_INF), 0.0)
          << kernels->name << ": " << x.in << "x" << y.in << " to " << x.out << "x" << y.out
          << ", window " << x.count << "x" << y.count << " at " << x.begin << "," << y.begin
          << ", filter " << static_cast<int>(filter);
    }
  }
}

TEST(ResampleKernels, ReadAndWriteNothingOutsideTheirRows) {
  std::mt19937 random(7);
  for (int i = 0; i < 500; ++i) {
    const ResampleAxis x = axis(random), y = axis(random);
    const cv::Mat large = pattern("noise", y.in + 2, x.in + 8);
    // What lies around the picture must not matter, and what lies around the result must stay.
    cv::Mat other = cv::Mat::zeros(large.size(), large.type());
    const cv::Rect inner(5, 1, x.in, y.in);
    large(inner).copyTo(other(inner));
    for (const ResampleKernels* kernels : resample_kernels()) {
      ResampleScratch scratch;
      scratch.kernels = kernels;
      cv::Mat frame(y.count + 2, x.count + 2, CV_8UC3, cv::Scalar::all(77));
      cv::Mat out = frame(cv::Rect(1, 1, x.count, y.count));
      resample(large(inner), x, y, Resample::bicubic, scratch, out);
      ASSERT_EQ(cv::norm(out, resampled(other(inner), x, y, Resample::bicubic), cv::NORM_INF), 0.0);
      out.setTo(cv::Scalar::all(77));
      ASSERT_EQ(cv::norm(frame, cv::Mat(frame.size(), CV_8UC3, cv::Scalar::all(77)), cv::NORM_INF),
                0.0)
          << kernels->name;
    }
  }
}

/// Pixel buffers made by OpenCV, which does not use operator new.
class CountingAllocator : public cv::MatAllocator {
 public:
  cv::UMatData* allocate(int dims, const int* sizes, int type, void* data, std::size_t* step,
                         cv::AccessFlag flags, cv::UMatUsageFlags usage) const override {
    ++count;
    return cv::Mat::getStdAllocator()->allocate(dims, sizes, type, data, step, flags, usage);
  }
  bool allocate(cv::UMatData* data, cv::AccessFlag, cv::UMatUsageFlags) const override {
    return data != nullptr;
  }
  void deallocate(cv::UMatData* data) const override {
    cv::Mat::getStdAllocator()->deallocate(data);
  }
  mutable std::atomic<int> count{0};
};

TEST(ResampleScratch, OnceWarmNoPictureAllocates) {
  PreprocessSpec padded;
  padded.resize = ResizeMode::shortest_edge;
  padded.shortest_edge = 100;
  padded.center_crop = true;
  padded.crop_w = 120;
  PreprocessSpec nearest;
  nearest.resample = Resample::nearest;
  const std::vector<cv::Mat> pictures{pattern("noise", 480, 640), pattern("noise", 640, 480),
                                      pattern("noise", 90, 70), pattern("noise", 224, 224)};
  for (const PreprocessSpec& spec : {PreprocessSpec{}, padded, nearest}) {
    const Preprocessor preprocessor(spec);
    std::vector<std::uint8_t> pixels(preprocessor.output_count());
    ResampleScratch scratch;
    const auto all = [&] {
      for (const cv::Mat& rgb : pictures) preprocessor.resize({rgb}, pixels, scratch);
    };
    all();
    CountingAllocator allocator;
    cv::MatAllocator* before = cv::Mat::getDefaultAllocator();
    cv::Mat::setDefaultAllocator(&allocator);
    const fovea::test::AllocationCount heap;
    all();
    EXPECT_EQ(heap.count(), 0u);
    EXPECT_EQ(allocator.count, 0);
    cv::Mat::setDefaultAllocator(before);
    pixels.emplace_back();
    EXPECT_GT(heap.count(), 0u) << "nothing is counted";
  }
}

TEST(ResampleScratch, AnotherPictureBetweenDoesNotMatter) {
  const cv::Mat a = pattern("noise", 61, 43), b = pattern("edges", 200, 300);
  ResampleScratch scratch;
  const auto shared = [&](const cv::Mat& rgb, Resample filter) {
    cv::Mat out(17, 29, CV_8UC3);
    resample(rgb, ResampleAxis::whole(rgb.cols, 29), ResampleAxis::whole(rgb.rows, 17), filter,
             scratch, out);
    return out;
  };
  for (const Resample filter : {Resample::bilinear, Resample::lanczos, Resample::bilinear}) {
    for (const cv::Mat& rgb : {a, b, b, a}) {
      const cv::Mat fresh = resampled(rgb, ResampleAxis::whole(rgb.cols, 29),
                                      ResampleAxis::whole(rgb.rows, 17), filter);
      EXPECT_EQ(cv::norm(shared(rgb, filter), fresh, cv::NORM_INF), 0.0);
    }
  }
}

}  // namespace
}  // namespace fovea::vision
