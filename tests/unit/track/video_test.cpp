// SPDX-License-Identifier: Apache-2.0
// A real video: six people, one after another, walk to a table and leave to the right. What
// moves is found by the difference to the empty room; the truth was counted by eye.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include "pipeline/track/track_stage.hpp"
#include "pipeline/track/zones_stage.hpp"
#include "tests/support/places.hpp"

namespace fovea::pipeline {
namespace {
namespace fs = std::filesystem;

fs::path video() {
  const char* data = std::getenv("FOVEA_DATA");
  const fs::path folder =
      data != nullptr ? fs::path(data) : fovea::test::source_dir() / "../shared/datasets";
  return folder / "video/one-by-one-person-detection.mp4";
}

/// A box around all that differs from the empty room: nobody comes before the last has left.
/// At half the size, for speed.
class Difference {
 public:
  explicit Difference(const cv::Mat& empty) : empty_(shrunk(empty)) {}

  std::vector<vision::Object> find(const cv::Mat& picture) const {
    cv::Mat difference, mask;
    cv::absdiff(shrunk(picture), empty_, difference);
    cv::transform(difference, difference, cv::Matx13f(1, 1, 1));
    cv::threshold(difference, mask, 60, 255, cv::THRESH_BINARY);
    mask(cv::Rect(0, 0, 60, 90)) = 0;  // a screen that mirrors the room
    cv::morphologyEx(mask, mask, cv::MORPH_OPEN, cv::Mat::ones(3, 3, CV_8U));
    cv::morphologyEx(mask, mask, cv::MORPH_CLOSE, cv::Mat::ones(31, 31, CV_8U));
    cv::Mat labels, stats, centres;
    const int count = cv::connectedComponentsWithStats(mask, labels, stats, centres);
    cv::Rect all;
    for (int i = 1; i < count; ++i) {
      if (stats.at<int>(i, cv::CC_STAT_AREA) < 300) continue;
      all |= cv::Rect(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                      stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT));
    }
    if (all.area() < 3000) return {};
    vision::Object object;
    object.box = {2.0f * static_cast<float>(all.x), 2.0f * static_cast<float>(all.y),
                  2.0f * static_cast<float>(all.br().x), 2.0f * static_cast<float>(all.br().y)};
    object.name = "person";
    object.score = 0.9f;
    return {object};
  }

 private:
  static cv::Mat shrunk(const cv::Mat& picture) {
    cv::Mat small;
    cv::resize(picture, small, {}, 0.5, 0.5, cv::INTER_AREA);
    return small;
  }
  cv::Mat empty_;
};

struct Moment {
  double seconds = 0;
  std::vector<vision::Object> found;
};

struct Detections {
  cv::Size size;
  std::vector<Moment> moments;
};

/// Decoded and looked at once, for all tests.
const Detections& detections() {
  static const Detections all = [] {
    Detections result;
    cv::VideoCapture capture(video().string());
    const double fps = capture.get(cv::CAP_PROP_FPS);
    std::optional<Difference> difference;
    for (cv::Mat picture; capture.read(picture);) {
      if (!difference) difference.emplace(picture);
      result.size = picture.size();
      const auto number = static_cast<double>(result.moments.size());
      result.moments.push_back({number / fps, difference->find(picture)});
    }
    return result;
  }();
  return all;
}

/// How often each kind of event was told, and of how many tracks.
std::map<std::string, int> watch(int detect_every) {
  ZonesConfig places;
  places.zones.push_back({.name = "table",
                          .polygon = {{0.42, 0.7}, {0.72, 0.7}, {0.72, 1}, {0.42, 1}},
                          .dwell = std::chrono::seconds(5)});
  // Upwards, so that its right is the right of the picture.
  places.lines.push_back(
      {.name = "exit", .from = {0.72, 1}, .to = {0.72, 0}, .anchor = Anchor::center});
  TrackStage track({});
  ZonesStage zones(places);
  std::map<std::string, int> told;
  std::set<std::int64_t> tracks;
  int number = 0;
  for (const Moment& moment : detections().moments) {
    Frame frame;
    frame.tag.source = "room";
    frame.tag.position = std::chrono::microseconds(std::llround(moment.seconds * 1e6));
    frame.tag.detect = number++ % detect_every == 0;
    frame.width_px = detections().size.width;
    frame.height_px = detections().size.height;
    if (frame.tag.detect) frame.objects = moment.found;
    const auto seen = zones.process(*track.process(std::move(frame)));
    for (const Event& event : seen->events) {
      ++told[event.kind + (event.direction.empty() ? "" : " " + event.direction)];
      tracks.insert(event.track.value_or(0));
    }
  }
  told["tracks"] = static_cast<int>(tracks.size());
  return told;
}

class SampleVideo : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(video())) GTEST_SKIP() << "absent: " << video().string();
  }
};

TEST_F(SampleVideo, SixPeopleComeToTheTableAndLeaveToTheRight) {
  auto told = watch(1);
  EXPECT_EQ(told["line_cross in"], 6);
  EXPECT_EQ(told["line_cross out"], 0);
  EXPECT_EQ(told["dwell"], 6) << "each stands there for more than five seconds";
  EXPECT_GE(told["tracks"], 6);
  EXPECT_LE(told["tracks"], 7) << "the difference is no steady detector: a box that jumps is new";
}

// Five looks a second are few for who turns and leaves within a second: not all are counted
// at the exit, but nobody is counted twice, and all visits are there.
TEST_F(SampleVideo, HalfTheLooksStillSeeEveryVisit) {
  auto told = watch(2);
  EXPECT_EQ(told["dwell"], 6);
  EXPECT_GE(told["line_cross in"], 4);
  EXPECT_LE(told["line_cross in"], 6);
  EXPECT_EQ(told["line_cross out"], 0);
}

}  // namespace
}  // namespace fovea::pipeline
