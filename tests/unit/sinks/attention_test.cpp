// SPDX-License-Identifier: Apache-2.0
// Maps of attention as pictures, files, records and rows of the table: each patch lies where the
// model saw it.
#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "pipeline/sinks/annotate.hpp"
#include "pipeline/sinks/attention_files.hpp"
#include "pipeline/sinks/colour_map.hpp"
#include "pipeline/sinks/draw_attention.hpp"
#include "pipeline/sinks/json.hpp"
#include "tests/unit/sinks/fixture.hpp"
#include "vision/preprocess/npy.hpp"

namespace fovea::pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const cv::Vec3b kDarkest(68, 1, 84), kBrightest(253, 231, 37);

/// [heads, 2, 3]: in head h all but patch h is nought, and that is h + 1 eighths.
AttentionMap one_patch_a_head(int heads) {
  AttentionMap map;
  map.heads = heads;
  map.grid = {2, 3};
  map.values.assign(static_cast<std::size_t>(heads) * 6, 0.0f);
  for (int h = 0; h < heads; ++h) {
    map.values[static_cast<std::size_t>(h * 6 + h)] = static_cast<float>(h + 1) / 8;
  }
  return map;
}

/// A picture of 120 x 60 pixels of which the model sees the middle 60 x 40.
Frame looked_at(AttentionMap map) {
  Frame frame = cat_frame("photos/cat.jpg");
  frame.width_px = 120;
  frame.height_px = 60;
  frame.image.rgb = cv::Mat(60, 120, CV_8UC3, cv::Scalar(10, 200, 90));
  frame.attention = Attention{"last layer, all heads", {30, 10, 60, 40}, {std::move(map)}};
  return frame;
}

double lightness(const cv::Vec3b& rgb) {
  cv::Mat lab;
  cv::cvtColor(cv::Mat(1, 1, CV_32FC3, cv::Scalar(rgb[0] / 255.0, rgb[1] / 255.0, rgb[2] / 255.0)),
               lab, cv::COLOR_RGB2Lab);
  return static_cast<double>(lab.at<cv::Vec3f>(0, 0)[0]);
}

TEST(ColourMap, IsViridisAndItsLightnessRisesEvenly) {
  cv::Mat grey(1, 256, CV_8U), expected;
  for (int i = 0; i < 256; ++i) grey.at<unsigned char>(0, i) = static_cast<unsigned char>(i);
  cv::applyColorMap(grey, expected, cv::COLORMAP_VIRIDIS);
  for (int i = 0; i < 256; ++i) {
    const cv::Vec3b bgr = expected.at<cv::Vec3b>(0, i);
    const cv::Vec3b rgb = colour_table()[static_cast<std::size_t>(i)];
    // Seventeen colours of 256, straight lines between them: nobody sees seven of 255 levels.
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(rgb[c], bgr[2 - c], 7) << i;
  }
  // Steps of a 16th are 4.9 of lightness each, give or take what rounding to bytes and lines cost.
  for (int i = 0; i < 16; ++i) {
    EXPECT_NEAR(lightness(colour_at((i + 1) / 16.0)) - lightness(colour_at(i / 16.0)), 4.9, 1.2);
  }
  EXPECT_EQ(colour_at(-1), kDarkest);
  EXPECT_EQ(colour_at(std::nan("")), kDarkest);
  EXPECT_EQ(colour_at(7), kBrightest);
}

TEST(DrawAttention, TheHeatMapHasEachPatchWhereItWasSeen) {
  const AttentionMap map = one_patch_a_head(6);
  const cv::Rect2d area(30, 10, 60, 40);
  for (int head = 0; head < 6; ++head) {
    const DrawnMap one = drawn(map, head);
    EXPECT_FLOAT_EQ(static_cast<float>(one.most), static_cast<float>(head + 1) / 8);
    const cv::Mat heat = heat_picture(one, area, {120, 60}, "head");
    ASSERT_EQ(heat.cols, 320);  // the smallest side that is made: 8 / 3 of the picture
    const auto at = [&](double x, double y) {
      return heat.at<cv::Vec3b>(static_cast<int>(y * 8 / 3), static_cast<int>(x * 8 / 3));
    };
    for (int patch = 0; patch < 6; ++patch) {
      const double left = 30 + 20.0 * (patch % 3), top = 10 + 20.0 * (patch / 3);
      const cv::Vec3b wanted = patch == head ? kBrightest : kDarkest;
      // Corner to corner, half a pixel of the drawing inside.
      EXPECT_EQ(at(left + 0.4, top + 0.4), wanted) << head << " " << patch;
      EXPECT_EQ(at(left + 19.4, top + 19.4), wanted) << head << " " << patch;
    }
    EXPECT_EQ(at(29, 30), cv::Vec3b(128, 128, 128));
    EXPECT_EQ(at(91, 30), cv::Vec3b(128, 128, 128));
    EXPECT_EQ(at(60, 9), cv::Vec3b(128, 128, 128));
    EXPECT_EQ(at(60, 51), cv::Vec3b(128, 128, 128));
  }
}

TEST(DrawAttention, TheOverlayIsInterpolatedInsideAndGreyOutside) {
  cv::Mat rgb(60, 120, CV_8UC3, cv::Scalar(0, 200, 0));
  const cv::Rect2d area(30, 10, 60, 40);
  AttentionMap map = one_patch_a_head(1);
  overlay_attention(rgb, drawn(map), area, {120, 60});
  // 0.35 of the luminance of what was not seen.
  EXPECT_EQ(rgb.at<cv::Vec3b>(30, 29), cv::Vec3b::all(41));
  EXPECT_EQ(rgb.at<cv::Vec3b>(9, 60), cv::Vec3b::all(41));
  // 0.6 of the map's colour over 0.4 of the picture's: patch 0's middle is (40, 20).
  EXPECT_EQ(rgb.at<cv::Vec3b>(10, 30), cv::Vec3b(152, 219, 22));
  EXPECT_EQ(rgb.at<cv::Vec3b>(45, 85), cv::Vec3b(41, 81, 50));
  // Half way to the middle of patch 1, (60, 20), half of the value.
  const cv::Vec3b half = rgb.at<cv::Vec3b>(15, 50);
  const cv::Vec3b colour = colour_at(0.5);
  for (int c = 0; c < 3; ++c) {
    EXPECT_NEAR(half[c], 0.6 * colour[c] + (c == 1 ? 80 : 0), 4) << "half a pixel off the middle";
  }
}

TEST(DrawAttention, WhatIsBelowNoughtIsNoughtAndOneValueIsNoFault) {
  AttentionMap map;
  map.grid = {1, 2};
  map.values = {-0.5f, -0.1f};
  const DrawnMap nothing = drawn(map);
  EXPECT_EQ(nothing.most, 0);
  EXPECT_EQ(cv::countNonZero(nothing.shares), 0);
  map.values = {-0.5f, 0.25f};
  EXPECT_FLOAT_EQ(drawn(map).shares.at<float>(0, 1), 1);
  EXPECT_EQ(drawn(map).shares.at<float>(0, 0), 0);
  EXPECT_EQ(peak_of(map, {10, 0, 20, 8}), cv::Point2d(25, 4));
}

TEST(DrawAttention, SeveralObjectsAreDrawnInOne) {
  AttentionMap first = one_patch_a_head(1), second = one_patch_a_head(2);
  second.heads = 1;
  second.values.erase(second.values.begin(), second.values.begin() + 6);
  const DrawnMap all = drawn(Attention{"", {}, {first, second}});
  EXPECT_EQ(all.shares.at<float>(0, 0), 1);
  EXPECT_EQ(all.shares.at<float>(0, 1), 1);
  EXPECT_EQ(cv::countNonZero(all.shares), 2);
}

class AttentionSinkTest : public SinkTest {
 protected:
  void write_all_of(const Frame& frame, const AttentionConfig& config) {
    const auto sink = make_attention_sink(config);
    EXPECT_TRUE(sink->wants_image());
    sink->write(Outcome<Frame>(frame));
    sink->write(Outcome<Frame>(make_failure("broken.jpg", "torn")));
    sink->finish({});
  }
};

TEST_F(AttentionSinkTest, WritesEveryKindOnceAndTheRecordNamesThem) {
  const Frame frame = looked_at(one_patch_a_head(4));
  const AttentionConfig config{.dir = dir(), .write = {}};
  write_all_of(frame, config);
  EXPECT_THAT(list(dir()), ElementsAre("cat_000000.npy", "cat_000000_heads.png",
                                       "cat_000000_heat.png", "cat_000000_overlay.jpg"));
  const vision::NpyArray array = vision::read_npy(dir() / "cat_000000.npy");
  EXPECT_THAT(array.shape, ElementsAre(4u, 2u, 3u));
  EXPECT_EQ(array.values, frame.attention->maps[0].values);
  EXPECT_EQ(cv::imread((dir() / "cat_000000_overlay.jpg").string()).size(), cv::Size(120, 60));
  const cv::Mat sheet = cv::imread((dir() / "cat_000000_heads.png").string());
  EXPECT_GT(sheet.cols, 2 * 224);  // two by two heads

  const Json record = Json::parse(to_record(frame, &config));
  const Json& attention = record.at("attention");
  EXPECT_EQ(attention.at("what"), "last layer, all heads");
  EXPECT_EQ(attention.at("area"), Json::parse("[30.0, 10.0, 90.0, 50.0]"));
  const Json& map = attention.at("maps").at(0);
  EXPECT_EQ(map.at("grid"), Json::parse("[2, 3]"));
  EXPECT_EQ(map.at("heads"), 4);
  EXPECT_EQ(map.at("peak"), Json::parse("[40.0, 40.0]")) << "patch 3: second row, first column";
  EXPECT_FALSE(map.contains("object"));
  for (const auto& [kind, file] : map.at("files").items()) {
    EXPECT_TRUE(std::filesystem::exists(file.get<std::string>())) << kind;
  }
  EXPECT_EQ(map.at("files").size(), 4u);
  EXPECT_FALSE(Json::parse(to_record(frame)).at("attention").at("maps").at(0).contains("files"));
}

TEST_F(AttentionSinkTest, WritesWhatIsAskedForAndNoSheetOfOneHead) {
  write_all_of(looked_at(one_patch_a_head(1)), {.dir = dir(), .write = {}});
  EXPECT_THAT(list(dir()),
              ElementsAre("cat_000000.npy", "cat_000000_heat.png", "cat_000000_overlay.jpg"));
  const auto other = dir() / "png";
  write_all_of(looked_at(one_patch_a_head(2)),
               {.dir = other, .write = {"overlay"}, .format = PictureFormat::png});
  EXPECT_THAT(list(other), ElementsAre("cat_000000_overlay.png"));
}

TEST_F(AttentionSinkTest, AMapIsOfTheObjectThatItsTokenFound) {
  Frame frame = looked_at(one_patch_a_head(1));
  frame.looks_for_objects = true;
  frame.objects.resize(2);
  frame.objects[0].token = 7;
  frame.objects[1].token = 3;
  frame.attention->maps[0].token = 3;
  frame.attention->maps.push_back(frame.attention->maps[0]);
  frame.attention->maps[1].token = 5;  // of an object that a later stage let go
  write_all_of(frame, {.dir = dir(), .write = {"npy"}});
  EXPECT_THAT(list(dir()), ElementsAre("cat_000000_1.npy"));
  const Json maps = Json::parse(to_record(frame)).at("attention").at("maps");
  ASSERT_EQ(maps.size(), 1u);
  EXPECT_EQ(maps.at(0).at("object"), 1);
}

TEST_F(AttentionSinkTest, AnnotatedCopiesShowIt) {
  const Frame frame = looked_at(one_patch_a_head(1));
  const cv::Mat copy = annotated(frame, {});
  cv::Mat expected = frame.image.rgb.clone();
  overlay_attention(expected, drawn(*frame.attention), frame.attention->area, {120, 60});
  EXPECT_EQ(cv::norm(copy, expected, cv::NORM_INF), 0);
  EXPECT_GT(cv::norm(copy, frame.image.rgb, cv::NORM_INF), 0);
}

TEST_F(AttentionSinkTest, TheTableSaysWhatWasWritten) {
  const auto file = dir() / "table.txt";
  std::FILE* out = std::fopen(file.c_str(), "wb");
  ASSERT_NE(out, nullptr);
  const AttentionConfig config{.dir = "maps", .write = {}};
  const auto sink = make_table_sink({5}, kLabels, out, {.columns = 120}, Answers::labels, config);
  sink->write(Outcome<Frame>(looked_at(one_patch_a_head(2))));
  sink->write(Outcome<Frame>(make_failure("broken.jpg", "torn")));
  sink->finish({});
  std::fclose(out);
  const std::string text = read(file);
  EXPECT_THAT(text, HasSubstr("ANSWER"));
  EXPECT_THAT(text, HasSubstr("cat 93 %"));
  EXPECT_THAT(text, HasSubstr("maps/cat_000000: heat overlay npy heads"));
  EXPECT_THAT(text, HasSubstr("decode: torn"));
}

}  // namespace
}  // namespace fovea::pipeline
