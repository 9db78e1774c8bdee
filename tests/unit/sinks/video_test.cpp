// SPDX-License-Identifier: Apache-2.0
// Videos and clips, read back by OpenCV: how many pictures, of which moment, how large.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "pipeline/sinks/video_file.hpp"
#include "tests/unit/sinks/fixture.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

/// A picture all of one grey, which says which one it is.
Frame grey(std::uint64_t number, int level, cv::Size size = {64, 48}) {
  Frame frame = make_frame("yard", {});
  frame.tag.index = frame.tag.frame = number;
  frame.width_px = size.width;
  frame.height_px = size.height;
  frame.image.rgb = cv::Mat(size, CV_8UC3, cv::Scalar::all(level));
  return frame;
}

/// One of a stream of ten a second.
Frame streamed(std::uint64_t number, int level, std::chrono::milliseconds at,
               const std::string& source = "yard") {
  Frame frame = grey(number, level);
  frame.tag.source = source;
  frame.tag.position = at;
  return frame;
}

/// The grey of each picture in the middle; encoders move it a little.
std::vector<int> greys(const fs::path& file) {
  cv::VideoCapture video(file.string());
  EXPECT_TRUE(video.isOpened()) << file;
  std::vector<int> levels;
  for (cv::Mat picture; video.read(picture);) {
    levels.push_back(picture.at<cv::Vec3b>(picture.rows / 2, picture.cols / 2)[1]);
  }
  return levels;
}

::testing::Matcher<std::vector<int>> are_about(const std::vector<int>& levels) {
  std::vector<::testing::Matcher<int>> each;
  for (const int level : levels) {
    each.push_back(::testing::AllOf(::testing::Ge(level - 5), ::testing::Le(level + 5)));
  }
  return ::testing::ElementsAreArray(each);
}

class VideoTest : public SinkTest {
 protected:
  void run(const SinkKind& kind, const std::vector<Outcome<Frame>>& outcomes,
           const SinkContext& context = {}) {
    const auto sink = make_sink({kind, {}}, make_identity(), kLabels, context);
    EXPECT_TRUE(sink->wants_image());
    for (const auto& outcome : outcomes) sink->write(outcome);
    sink->finish({});
  }
};

TEST_F(VideoTest, StillPicturesFollowOneAnother) {
  run(VideoConfig{dir() / "new/out.mp4", 5},
      {grey(0, 40), make_failure("x", "broken"), grey(2, 120), grey(3, 200)});
  EXPECT_THAT(greys(dir() / "new/out.mp4"), are_about({40, 120, 200}));
  EXPECT_THAT(list(dir() / "new"), ElementsAre("out.mp4"));
  EXPECT_EQ(cv::VideoCapture((dir() / "new/out.mp4").string()).get(cv::CAP_PROP_FPS), 5);
}

TEST_F(VideoTest, AStreamKeepsItsTime) {
  run(VideoConfig{dir() / "out.mp4", 10},
      {streamed(0, 40, 5000ms), streamed(1, 80, 5100ms), streamed(2, 120, 5110ms),
       streamed(3, 160, 5400ms), streamed(4, 200, 5500ms)});
  EXPECT_THAT(greys(dir() / "out.mp4"), are_about({40, 80, 120, 120, 160, 200}))
      << "the third came too soon and stands for the gap";
}

TEST_F(VideoTest, OddSizesAreFilledUpAndOthersFitted) {
  run(VideoConfig{dir() / "out.mp4", 10},
      {grey(0, 100, {63, 47}), grey(1, 200, {640, 100}), grey(2, 200, {6, 48})});
  cv::VideoCapture video((dir() / "out.mp4").string());
  cv::Mat picture;
  ASSERT_TRUE(video.read(picture));
  EXPECT_EQ(picture.size(), cv::Size(64, 48));
  EXPECT_NEAR(picture.at<cv::Vec3b>(20, 2)[0], 100, 8);
  ASSERT_TRUE(video.read(picture));
  EXPECT_NEAR(picture.at<cv::Vec3b>(24, 32)[0], 200, 12);
  EXPECT_LT(picture.at<cv::Vec3b>(4, 32)[0], 30) << "wide: bars above and below";
  ASSERT_TRUE(video.read(picture));
  EXPECT_NEAR(picture.at<cv::Vec3b>(24, 32)[0], 200, 12);
  EXPECT_LT(picture.at<cv::Vec3b>(24, 8)[0], 30) << "narrow: bars on both sides";
}

TEST_F(VideoTest, OfSeveralStreamsEachHasItsOwn) {
  const std::vector<Outcome<Frame>> frames{streamed(0, 40, 0ms, "yard/1"),
                                           streamed(1, 200, 0ms, "gate"),
                                           streamed(2, 40, 100ms, "yard/1")};
  SinkContext context;
  context.several_sources = true;
  run(VideoConfig{dir() / "out.mp4", 10}, frames, context);
  EXPECT_THAT(list(dir()), ElementsAre("out_gate.mp4", "out_yard_1.mp4"));
  EXPECT_THAT(greys(dir() / "out_yard_1.mp4"), are_about({40, 40}));
  EXPECT_THAT(greys(dir() / "out_gate.mp4"), are_about({200}));
}

TEST_F(VideoTest, ItCarriesBoxesAndZones) {
  Frame frame = grey(0, 100, {640, 480});
  vision::Object object;
  object.box = {100, 100, 300, 300};
  object.name = "dog";
  frame.objects = {object};
  SinkContext context;
  context.areas.lines = {{"door", {0.1, 0.9}, {0.9, 0.9}}};
  run(VideoConfig{dir() / "out.mp4", 10}, {frame}, context);
  cv::VideoCapture video((dir() / "out.mp4").string());
  cv::Mat picture;
  ASSERT_TRUE(video.read(picture));
  const auto differs = [&](int x, int y) {
    return cv::norm(picture.at<cv::Vec3b>(y, x), cv::Vec3b(100, 100, 100)) > 40;
  };
  EXPECT_TRUE(differs(100, 200)) << "the box";
  EXPECT_TRUE(differs(400, 432)) << "the line";
  EXPECT_FALSE(differs(400, 200));
}

TEST_F(VideoTest, UntilItIsWholeItHasAnotherName) {
  {
    VideoFile file(dir() / "out.mp4", {64, 48}, 10);
    file.write(cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(9)));
    EXPECT_THAT(list(dir()), ElementsAre("out.partial.mp4"));
  }
  EXPECT_THAT(list(dir()), ElementsAre()) << "given up";
}

TEST_F(VideoTest, APlaceThatCannotBeWrittenIsSaid) {
  write(dir() / "file", "");
  EXPECT_THROW(make_video_sink({dir() / "file/out.mp4"}), ConfigError);
}

TEST(VideoPace, HoldsEachPictureUntilTheNext) {
  const auto steps = [](double fps, const std::vector<double>& times) {
    VideoPace pace(fps);
    std::vector<std::pair<std::int64_t, bool>> all;
    for (const double time : times) {
      const VideoPace::Step step = pace.next(time);
      all.emplace_back(step.again, step.write);
    }
    return all;
  };
  using Steps = std::vector<std::pair<std::int64_t, bool>>;
  EXPECT_EQ(steps(25, {3, 3.04, 3.08}), (Steps{{0, true}, {0, true}, {0, true}}));
  EXPECT_EQ(steps(10, {0, 0.5}), (Steps{{0, true}, {4, true}}));
  EXPECT_EQ(steps(10, {0, 0.02, 0.1}), (Steps{{0, true}, {0, false}, {0, true}}));
  EXPECT_EQ(steps(10, {0, 3600}), (Steps{{0, true}, {0, true}})) << "an hour's pause";
  EXPECT_EQ(steps(10, {7, 7.1, 0, 0.1}), (Steps{{0, true}, {0, true}, {0, true}, {0, true}}))
      << "it begins again";
}

/// A hundred pictures, ten a second, each a little brighter; `happens` lists those with an event.
std::vector<Outcome<Frame>> hundred(const std::vector<std::uint64_t>& happens) {
  std::vector<Outcome<Frame>> frames;
  for (std::uint64_t i = 0; i < 100; ++i) {
    Frame frame = streamed(i, static_cast<int>(20 + 2 * i), std::chrono::milliseconds(100 * i));
    if (std::ranges::find(happens, i) != happens.end()) {
      frame.events = {{"line_cross", "door", "in", 7, "person", 0, 1}};
    }
    frames.emplace_back(std::move(frame));
  }
  return frames;
}

std::vector<int> levels(std::uint64_t from, std::uint64_t to) {
  std::vector<int> all;
  for (std::uint64_t i = from; i <= to; ++i) all.push_back(static_cast<int>(20 + 2 * i));
  return all;
}

class ClipsTest : public VideoTest {
 protected:
  ClipsConfig config() const {
    ClipsConfig config;
    config.dir = dir() / "clips";
    config.before = 2s;
    config.after = 1s;
    config.fps = 10;
    return config;
  }
};

TEST_F(ClipsTest, ShowWhatWasBeforeAndAfter) {
  run(config(), hundred({50}));
  EXPECT_THAT(list(dir() / "clips"), ElementsAre("yard_000050_line_cross.mp4"));
  EXPECT_THAT(greys(dir() / "clips/yard_000050_line_cross.mp4"), are_about(levels(30, 59)));
}

TEST_F(ClipsTest, EventsThatFollowOneAnotherShareOneAndOthersDoNot) {
  run(config(), hundred({10, 15, 18, 60}));
  EXPECT_THAT(list(dir() / "clips"),
              ElementsAre("yard_000010_line_cross.mp4", "yard_000060_line_cross.mp4"));
  EXPECT_THAT(greys(dir() / "clips/yard_000010_line_cross.mp4"), are_about(levels(0, 27)));
  EXPECT_THAT(greys(dir() / "clips/yard_000060_line_cross.mp4"), are_about(levels(40, 69)));
}

TEST_F(ClipsTest, TheEndOfTheRunEndsThem) {
  run(config(), hundred({98}));
  EXPECT_THAT(greys(dir() / "clips/yard_000098_line_cross.mp4"), are_about(levels(78, 99)));
}

TEST_F(ClipsTest, OnlyOfTheKindsThatAreAskedFor) {
  ClipsConfig other = config();
  other.on = {"dwell"};
  run(other, hundred({50}));
  EXPECT_THAT(list(dir() / "clips"), ElementsAre());
}

TEST_F(ClipsTest, MemoryIsBounded) {
  ClipsConfig small = config();
  small.memory = 4000;  // some of these small grey JPEGs, fewer than the twenty of two seconds
  run(small, hundred({50}));
  const std::vector<int> found = greys(dir() / "clips/yard_000050_line_cross.mp4");
  EXPECT_GT(found.size(), 10U);
  EXPECT_LT(found.size(), 25U);
  EXPECT_NEAR(found.back(), 20 + 2 * 59, 5) << "what comes after is there all the same";
}

TEST_F(ClipsTest, StillPicturesAreAStreamOfThatManyASecond) {
  std::vector<Outcome<Frame>> frames = hundred({50});
  for (Outcome<Frame>& outcome : frames) {
    auto& frame = std::get<Frame>(outcome);
    frame.tag.position.reset();
    frame.tag.source = "photos/" + std::to_string(frame.tag.frame) + ".jpg";
    frame.tag.frame = 0;
  }
  run(config(), frames);
  EXPECT_THAT(greys(dir() / "clips/50_000050_line_cross.mp4"), are_about(levels(30, 59)));
}

}  // namespace
}  // namespace fovea::pipeline
