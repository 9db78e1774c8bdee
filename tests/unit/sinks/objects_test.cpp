// SPDX-License-Identifier: Apache-2.0
// Sinks of what a detector found: COCO results, annotated copies, crops, the page's thumbnails.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "compute/error.hpp"
#include "pipeline/sinks/json.hpp"
#include "tests/unit/sinks/fixture.hpp"
#include "vision/draw.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

vision::Object object_at(vision::Box box, int id, float score) {
  vision::Object object;
  object.box = box;
  object.id = id;
  object.name = kLabels.at(static_cast<std::size_t>(id));
  object.score = score;
  return object;
}

/// A grey 640 x 480 picture, its left half red, with a dog on the border and a cat in the corner.
Frame detected(const std::string& source, std::uint64_t index = 0) {
  Frame frame = make_frame(source, {});
  frame.tag.index = index;
  frame.image.rgb = cv::Mat(480, 640, CV_8UC3, cv::Scalar(120, 120, 120));
  frame.image.rgb.colRange(0, 320).setTo(cv::Scalar(200, 0, 0));
  frame.objects = {object_at({220.25f, 100, 420, 300.5f}, 2, 0.9f),
                   object_at({600, 440, 640, 480}, 1, 0.4f)};
  return frame;
}

cv::Vec3b rgb_at(const cv::Mat& bgr, int x, int y) {
  const auto p = bgr.at<cv::Vec3b>(y, x);
  return {p[2], p[1], p[0]};
}

cv::Vec3b colour(int id) {
  const cv::Scalar c = vision::colour_of(id);
  return {static_cast<unsigned char>(c[0]), static_cast<unsigned char>(c[1]),
          static_cast<unsigned char>(c[2])};
}

class ObjectSinkTest : public SinkTest {
 protected:
  void run(const SinkKind& kind, const std::vector<Outcome<Frame>>& outcomes) {
    const auto sink = make_sink({kind, {}}, make_identity(), kLabels);
    for (const auto& outcome : outcomes) sink->write(outcome);
    sink->finish({});
  }
};

TEST_F(ObjectSinkTest, CocoResultsAreWhatPycocotoolsReads) {
  Frame empty = detected("photos/none.jpg", 1);
  empty.objects.clear();
  run(CocoConfig{dir() / "r.json"}, {detected("photos/a \"b\".jpg", 0), empty,
                                     make_failure("x.jpg", "broken"), detected("c.jpg", 6)});
  const Json results = Json::parse(read(dir() / "r.json"));
  ASSERT_EQ(results.size(), 4U);
  EXPECT_EQ(results[0]["image_id"], 1);
  EXPECT_EQ(results[0]["file_name"], "photos/a \"b\".jpg");
  EXPECT_EQ(results[0]["category_id"], 2);
  EXPECT_EQ(results[0]["category_name"], "dog");
  EXPECT_EQ(results[0]["bbox"], Json::parse("[220.25, 100.0, 199.75, 200.5]"));
  EXPECT_EQ(results[0]["score"], 0.9);
  EXPECT_EQ(results[1]["category_id"], 1);
  EXPECT_EQ(results[2]["image_id"], 7);
}

TEST_F(ObjectSinkTest, CocoIsValidWithNothingFound) {
  run(CocoConfig{dir() / "r.json"}, {make_failure("x.jpg", "broken")});
  EXPECT_EQ(Json::parse(read(dir() / "r.json")), Json::array());
}

TEST_F(ObjectSinkTest, CocoTakesTheNumberOfTheName) {
  run(CocoConfig{dir() / "r.json", CocoImageId::stem}, {detected("val/000000000139.jpg", 0)});
  EXPECT_EQ(Json::parse(read(dir() / "r.json"))[0]["image_id"], 139);
  try {
    run(CocoConfig{dir() / "r.json", CocoImageId::stem}, {detected("val/12a.jpg", 0)});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("a picture's name is no number"));
    EXPECT_THAT(error.what(), HasSubstr("val/12a.jpg"));
    EXPECT_THAT(error.what(), HasSubstr("use image_id: index"));
  }
}

TEST_F(ObjectSinkTest, CocoNamesAFullDisk) {
  try {
    run(CocoConfig{"/dev/full"}, {detected("a.jpg")});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the disk is full"));
  }
}

TEST_F(ObjectSinkTest, ImagesCarryTheirBoxesAtKnownPlaces) {
  const Frame frame = detected("photos/one.jpg");
  const cv::Mat before = frame.image.rgb.clone();
  run(ImagesConfig{dir() / "out", PictureFormat::png}, {frame});
  const cv::Mat out = cv::imread((dir() / "out/one_000000.png").string());
  ASSERT_EQ(out.size(), cv::Size(640, 480));
  EXPECT_EQ(rgb_at(out, 220, 200), colour(2));
  EXPECT_EQ(rgb_at(out, 419, 200), colour(2));
  EXPECT_EQ(rgb_at(out, 300, 300), colour(2)) << "300.5 reaches into row 300";
  EXPECT_EQ(rgb_at(out, 639, 460), colour(1));
  EXPECT_EQ(rgb_at(out, 10, 10), cv::Vec3b(200, 0, 0));
  EXPECT_EQ(rgb_at(out, 500, 200), cv::Vec3b(120, 120, 120));
  EXPECT_EQ(cv::norm(frame.image.rgb, before), 0) << "other sinks see the picture as it was";
}

TEST_F(ObjectSinkTest, ImagesShowTheZonesAndLinesOfTheirSource) {
  SinkContext context;
  context.areas.zones = {{"hall", {{0.5, 0.25}, {0.9, 0.25}, {0.9, 0.9}, {0.5, 0.9}}},
                         {"elsewhere", {{10, 10}, {60, 10}, {60, 60}}}};
  context.areas.zones[1].source = "other.jpg";
  context.areas.lines = {{"door", {20, 400}, {200, 400}}};
  Frame frame = detected("photos/one.jpg");
  const auto sink = make_sink({ImagesConfig{dir() / "out", PictureFormat::png}, {}},
                              make_identity(), kLabels, context);
  sink->write(frame);
  frame.reduction = 2;
  frame.tag.index = 1;
  cv::resize(frame.image.rgb, frame.image.rgb, {320, 240}, 0, 0, cv::INTER_NEAREST);
  sink->write(frame);
  const cv::Vec3b colour_of_areas(255, 214, 10);
  const auto is_yellow = [&](const cv::Vec3b& found) {  // thin lines are softened at their edges
    return cv::norm(found, colour_of_areas) < 40;
  };
  for (const int reduction : {1, 2}) {
    const char* name = reduction == 1 ? "one_000000.png" : "one_000001.png";
    const cv::Mat out = cv::imread((dir() / "out" / name).string());
    const auto at = [&](int x, int y) { return rgb_at(out, x / reduction, y / reduction); };
    EXPECT_TRUE(is_yellow(at(576, 300))) << "the zone's right side, " << reduction;
    EXPECT_TRUE(is_yellow(at(500, 432))) << "its lower side";
    EXPECT_TRUE(is_yellow(at(320, 380))) << "its left side";
    EXPECT_EQ(at(500, 380), cv::Vec3b(120, 120, 120)) << "it is not filled";
    EXPECT_TRUE(is_yellow(at(180, 400))) << "the line";
    EXPECT_EQ(at(210, 400), cv::Vec3b(200, 0, 0)) << "which ends there";
    EXPECT_EQ(at(36, 10), cv::Vec3b(200, 0, 0)) << "another source's zone";
    EXPECT_EQ(at(220, 200), colour(2)) << "the dog";
    EXPECT_EQ(at(320, 300), colour(2)) << "boxes lie over zones";
  }
}

TEST_F(ObjectSinkTest, ImagesOfADecodedSmallerCopyAreScaled) {
  Frame frame = detected("photos/one.jpg");
  cv::resize(frame.image.rgb, frame.image.rgb, {320, 240}, 0, 0, cv::INTER_NEAREST);
  frame.reduction = 2;
  run(ImagesConfig{dir() / "out", PictureFormat::png}, {frame});
  const cv::Mat out = cv::imread((dir() / "out/one_000000.png").string());
  EXPECT_EQ(rgb_at(out, 110, 100), colour(2));
  EXPECT_EQ(rgb_at(out, 209, 100), colour(2));
}

TEST_F(ObjectSinkTest, QualityIsObeyed) {
  Frame frame = detected("photos/one.jpg");
  cv::randu(frame.image.rgb, 0, 255);
  run(ImagesConfig{dir() / "low", PictureFormat::jpg, 20}, {frame});
  run(ImagesConfig{dir() / "high", PictureFormat::jpg, 95}, {frame});
  EXPECT_LT(3 * fs::file_size(dir() / "low/one_000000.jpg"),
            fs::file_size(dir() / "high/one_000000.jpg"));
}

TEST_F(ObjectSinkTest, NamesNeverCollideAndNeverLeaveTheFolder) {
  Frame windows = detected("x\\..\\evil:name?.jpg", 4);
  run(ImagesConfig{dir() / "out"},
      {detected("a/cat.jpg", 0), detected("b/cat.jpg", 1), detected("-", 2),
       detected("../../etc/.hidden", 3), windows, detected(std::string(300, 'n') + ".jpg", 5)});
  EXPECT_THAT(list(dir() / "out"),
              ElementsAre("_hidden_000003.jpg", "cat_000000.jpg", "cat_000001.jpg",
                          std::string(120, 'n') + "_000005.jpg", "picture_000002.jpg",
                          "x_.._evil_name__000004.jpg"));
  run(ImagesConfig{dir() / "out"}, {detected("a/cat.jpg", 0)});
  EXPECT_EQ(list(dir() / "out").size(), 6U) << "a second run replaces what it makes again";
}

TEST_F(ObjectSinkTest, CropsShowTheObjectAndNoMore) {
  run(CropsConfig{dir() / "out", CropsBy::label, 0, PictureFormat::png}, {detected("p/one.jpg")});
  EXPECT_THAT(list(dir() / "out"), ElementsAre("cat", "dog"));
  const cv::Mat dog = cv::imread((dir() / "out/dog/one_000000_0.png").string());
  ASSERT_EQ(dog.size(), cv::Size(200, 201));
  EXPECT_EQ(rgb_at(dog, 0, 100), cv::Vec3b(200, 0, 0));
  EXPECT_EQ(rgb_at(dog, 99, 100), cv::Vec3b(200, 0, 0)) << "column 319 of the picture";
  EXPECT_EQ(rgb_at(dog, 100, 100), cv::Vec3b(120, 120, 120)) << "column 320";
  EXPECT_EQ(cv::imread((dir() / "out/cat/one_000000_1.png").string()).size(), cv::Size(40, 40));
}

TEST_F(ObjectSinkTest, CropsArePaddedWithinThePicture) {
  run(CropsConfig{dir() / "out", CropsBy::none, 0.1, PictureFormat::png}, {detected("p/one.jpg")});
  EXPECT_THAT(list(dir() / "out"), ElementsAre("one_000000_0.png", "one_000000_1.png"));
  // 220.25 - 19.975 .. 420 + 19.975, 100 - 20.05 .. 300.5 + 20.05
  EXPECT_EQ(cv::imread((dir() / "out/one_000000_0.png").string()).size(), cv::Size(240, 242));
  EXPECT_EQ(cv::imread((dir() / "out/one_000000_1.png").string()).size(), cv::Size(44, 44));
}

TEST_F(ObjectSinkTest, HostileClassNamesMakeSafeFolders) {
  Frame frame = detected("p/one.jpg");
  frame.objects[0].name = "../../up";
  frame.objects[1].name = "CON/nul";
  const auto sink = make_crops_sink({dir() / "out"});
  sink->write(frame);
  EXPECT_THAT(list(dir()), ElementsAre("out"));
  EXPECT_THAT(list(dir() / "out"), ElementsAre("CON_nul", "_._.._up"));
}

TEST_F(ObjectSinkTest, AnObjectWithoutAreaStillHasAPixel) {
  Frame frame = detected("p/one.jpg");
  frame.objects = {object_at({640, 480, 640, 480}, 0, 0.5f), object_at({0, 0, 0, 0}, 0, 0.5f)};
  run(CropsConfig{dir() / "out", CropsBy::none, 0, PictureFormat::png}, {frame});
  for (const char* name : {"out/one_000000_0.png", "out/one_000000_1.png"}) {
    EXPECT_EQ(cv::imread((dir() / name).string()).size(), cv::Size(1, 1));
  }
}

TEST_F(ObjectSinkTest, ThePageCountsObjectsAndDrawsThem) {
  Frame frame = detected("photos/one.jpg");
  cv::resize(frame.image.rgb, frame.thumbnail, {160, 120});
  const cv::Mat before = frame.thumbnail.clone();
  frame.objects.push_back(object_at({0, 0, 50, 50}, 2, 0.3f));
  Frame none = detected("photos/none.jpg", 1);
  none.objects.clear();
  run(HtmlConfig{dir() / "page.html"}, {frame, none});
  const std::string page = read(dir() / "page.html");
  EXPECT_THAT(page, HasSubstr("<h1>2 pictures, 3 objects, 2 classes</h1>"));
  EXPECT_THAT(page, HasSubstr("data-c=\"2 1\""));
  EXPECT_THAT(page, HasSubstr("<bdi>2 dog, 1 cat</bdi>"));
  EXPECT_THAT(page, HasSubstr("nothing found"));
  EXPECT_THAT(page, HasSubstr("<title>90 to 95 %: 1 object</title>"));
  EXPECT_EQ(cv::norm(frame.thumbnail, before), 0);
}

}  // namespace
}  // namespace fovea::pipeline
