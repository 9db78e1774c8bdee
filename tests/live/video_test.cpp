// SPDX-License-Identifier: Apache-2.0
// Video files. OpenCV's own writer and reader of Motion-JPEG, which know nothing of FFmpeg, say
// what must come out.

#include <fstream>

#include <gmock/gmock.h>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <unistd.h>

#include "pipeline/sources/av_camera.hpp"
#include "tests/live/real_decode.hpp"
#include "tests/support/places.hpp"

namespace fovea::pipeline {
namespace {

using namespace fakes;
namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int kFrames = 20;
constexpr double kFps = 50;
constexpr auto kPeriod = 20ms;

struct Video : testing::Test {
  Video() {
    std::string pattern = (fs::temp_directory_path() / "fovea-video-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Video() override { fs::remove_all(folder_); }

  /// A bright bar that moves over a dark ground, one step a frame.
  fs::path written(const std::string& name) const {
    const fs::path file = folder_ / name;
    cv::VideoWriter writer(file.string(), cv::CAP_OPENCV_MJPEG,
                           cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), kFps, {64, 48});
    EXPECT_TRUE(writer.isOpened());
    for (int i = 0; i < kFrames; ++i) {
      cv::Mat bgr(48, 64, CV_8UC3, cv::Scalar(40, 20, 10));
      bgr.colRange(3 * i, 3 * i + 4).setTo(cv::Scalar(60, 120, 240));
      writer.write(bgr);
    }
    return file;
  }
  static std::vector<Shot> all_of(const fs::path& file, bool realtime = false) {
    const Cancel cancel{false};
    VideoOptions options;
    options.file = file;
    options.realtime = realtime;
    const auto camera = open_video(options, cancel);
    std::vector<Shot> shots;
    while (auto shot = camera->read()) shots.push_back(std::move(*shot));
    return shots;
  }
  static std::string trouble_with(const fs::path& file) {
    try {
      all_of(file);
    } catch (const CameraError& error) {
      return error.what();
    }
    return {};
  }

  fs::path folder_;
};

TEST_F(Video, FramesAreThoseOfAnotherReaderWithTheirTimes) {
  const fs::path file = written("bar.avi");
  const auto shots = all_of(file);
  ASSERT_EQ(shots.size(), static_cast<std::size_t>(kFrames));
  cv::VideoCapture other(file.string(), cv::CAP_OPENCV_MJPEG);
  for (int i = 0; i < kFrames; ++i) {
    const Shot& shot = shots[static_cast<std::size_t>(i)];
    EXPECT_EQ(shot.position, std::chrono::microseconds(i * kPeriod)) << i;
    cv::Mat bgr, rgb;
    ASSERT_TRUE(other.read(bgr));
    cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
    // The two widen the colours of a JPEG by filters of their own: the mean tells a frame or a
    // channel that was mistaken for another, which is off by ten and more.
    const cv::Mat& ours = std::get<vision::Image>(shot.picture).rgb;
    ASSERT_EQ(ours.size(), rgb.size());
    EXPECT_LT(cv::norm(ours, rgb, cv::NORM_L1) / static_cast<double>(rgb.total() * 3), 4) << i;
  }
}

TEST_F(Video, RealTimeIsNoFasterThanTheFile) {
  const fs::path file = written("bar.avi");
  const auto begun = std::chrono::steady_clock::now();
  const auto shots = all_of(file, /*realtime=*/true);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, (kFrames - 1) * kPeriod);
  ASSERT_EQ(shots.size(), static_cast<std::size_t>(kFrames));
}

TEST_F(Video, CancellingEndsAPacedReadAtOnce) {
  const fs::path file = written("bar.avi");
  Cancel cancel{false};
  VideoOptions options;
  options.file = file;
  options.realtime = true;
  const auto camera = open_video(options, cancel);
  ASSERT_TRUE(camera->read());
  cancel = true;
  EXPECT_FALSE(camera->read());
}

TEST_F(Video, WhatIsNoVideoSaysSo) {
  std::ofstream(folder_ / "text.mp4") << std::string(5'000, 'x');
  EXPECT_EQ(trouble_with(folder_ / "text.mp4"), "Invalid data found when processing input");
  std::ofstream(folder_ / "empty.mp4").flush();
  EXPECT_NE(trouble_with(folder_ / "empty.mp4"), "");
  EXPECT_EQ(trouble_with(folder_ / "none.mp4"), "No such file or directory");
}

TEST_F(Video, ANameLikeAnAddressIsAFileAllTheSame) {
  const fs::path before = fs::current_path();
  fs::rename(written("bar.avi"), folder_ / "http:bar.avi");
  fs::current_path(folder_);
  EXPECT_EQ(all_of("http:bar.avi").size(), static_cast<std::size_t>(kFrames));
  fs::current_path(before);
}

TEST_F(Video, ADamagedFileGivesWhatIsWholeAndEveryFrameIsCounted) {
  const fs::path file = written("bar.avi");
  std::fstream bytes(file, std::ios::binary | std::ios::in | std::ios::out);
  const auto size = static_cast<std::streamoff>(fs::file_size(file));
  bytes.seekp(size / 2);
  bytes << std::string(static_cast<std::size_t>(size) / 8, '\xaa');
  bytes.close();
  SourceConfig config;
  config.kind = SourceKind::video;
  config.path = file;
  const Chain chain = real_chain();
  LiveRun run(sources_of({config}), chain);
  const SourceStatus source = run.result().live->sources[0];
  EXPECT_GE(source.answered, static_cast<std::uint64_t>(kFrames / 3));
  EXPECT_EQ(unexplained(source), 0);
  EXPECT_EQ(source.state, SourceState::ended);
}

TEST_F(Video, AsFastAsPossibleLosesNoFrame) {
  SourceConfig config;
  config.kind = SourceKind::video;
  config.path = written("bar.avi");
  LatencyConfig latency;
  latency.max_age = 1ms;  // of cameras; this is none
  const Chain chain = chain_of(fake_decode({}), std::make_unique<SlowModel>(2, 2ms));
  LiveRun run(sources_of({config}, latency), chain);
  const SourceStatus source = run.result().live->sources[0];
  EXPECT_EQ(source.captured, static_cast<std::uint64_t>(kFrames));
  EXPECT_EQ(source.answered, source.captured);
}

TEST_F(Video, FramesOfASampleVideoComeInOrder) {
  const fs::path video = test::shared_data_dir() / "video/one-by-one-person-detection.mp4";
  if (!fs::exists(video)) GTEST_SKIP() << "needs the sample videos (FOVEA_DATA)";
  const Cancel cancel{false};
  VideoOptions options;
  options.file = video;
  const auto camera = open_video(options, cancel);
  EXPECT_THAT(camera->mode(), HasSubstr("h264"));
  std::chrono::microseconds last{-1};
  for (int i = 0; i < 50; ++i) {
    const auto shot = camera->read();
    ASSERT_TRUE(shot) << i;
    EXPECT_GT(*shot->position, last) << i;
    last = *shot->position;
  }
}

}  // namespace
}  // namespace fovea::pipeline
