// SPDX-License-Identifier: Apache-2.0
#include "pipeline/decode/pixel_pool.hpp"

#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "tests/support/places.hpp"
#include "tests/unit/decode/bytes.hpp"

namespace fovea::pipeline {
namespace {

cv::Mat made(PixelPool& pool, int rows, int columns) {
  cv::Mat mat;
  mat.allocator = &pool;
  mat.create(rows, columns, CV_8UC3);
  return mat;
}

TEST(PixelPool, GivesTheSameMemoryAgain) {
  PixelPool pool;
  const void* first = nullptr;
  {
    cv::Mat a = made(pool, 480, 640);
    a.setTo(cv::Scalar::all(7));
    first = a.data;
    const cv::Mat shared = a;
    a.release();
    EXPECT_EQ(pool.idle_bytes(), 0u) << "still shared";
    EXPECT_EQ(shared.at<cv::Vec3b>(479, 639), cv::Vec3b(7, 7, 7));
  }
  EXPECT_EQ(pool.idle_bytes(), 3u * 480 * 640);
  const cv::Mat smaller = made(pool, 400, 640);
  EXPECT_EQ(smaller.data, first);
  EXPECT_EQ(pool.idle_bytes(), 0u);
  EXPECT_NE(made(pool, 480, 640).data, first);
}

TEST(PixelPool, ASmallPictureDoesNotTakeALargeOnesMemory) {
  PixelPool pool;
  made(pool, 480, 640);
  const cv::Mat small = made(pool, 48, 64);
  EXPECT_EQ(pool.idle_bytes(), 3u * 480 * 640);
}

TEST(PixelPool, KeepsNoMoreThanItMay) {
  PixelPool pool(3 * 100 * 100);
  made(pool, 200, 100);
  EXPECT_EQ(pool.idle_bytes(), 0u);
  { const cv::Mat a = made(pool, 100, 100), b = made(pool, 100, 100); }
  EXPECT_EQ(pool.idle_bytes(), 3u * 100 * 100);
}

TEST(PixelPool, PicturesDieOnOtherThreads) {
  PixelPool pool;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&pool, t] {
      for (int i = 0; i < 200; ++i) {
        cv::Mat mat = made(pool, 10 + i % 7, 20 + t);
        mat.setTo(cv::Scalar::all(t));
        std::jthread(
            [mat = std::move(mat), t] { EXPECT_EQ(cv::countNonZero(mat.reshape(1) != t), 0); });
      }
    });
  }
  threads.clear();
  EXPECT_GT(pool.idle_bytes(), 0u);
}

TEST(PixelPool, DecodingUsesIt) {
  const auto path = fovea::test::source_dir() / "datasets/samples/cat.jpg";
  cv::Mat first = decode_file(path).image.rgb.clone();
  const std::size_t idle = pixel_pool().idle_bytes();
  EXPECT_GE(idle, 3u * first.total());
  const Decoded held = decode_file(path);
  EXPECT_LT(pixel_pool().idle_bytes(), idle);
  const Decoded other = decode_file(path);
  EXPECT_NE(held.image.rgb.data, other.image.rgb.data);
  EXPECT_EQ(cv::norm(held.image.rgb, first, cv::NORM_INF), 0.0);
}

}  // namespace
}  // namespace fovea::pipeline
