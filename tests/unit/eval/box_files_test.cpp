// SPDX-License-Identifier: Apache-2.0
// Files of truth and of detections: what they may say, and what broken ones are told.
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

#include <gmock/gmock.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "pipeline/eval/box_eval.hpp"
#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class BoxFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "fovea-boxes-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override { fs::remove_all(dir_); }

  fs::path put(const fs::path& name, const std::string& text) {
    fs::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name, std::ios::binary) << text;
    return dir_ / name;
  }
  static std::string told(const std::function<void()>& act) {
    try {
      act();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "nothing";
  }
  std::string told_of_truth(const std::string& json) {
    const fs::path file = put("t.json", json);
    return told([&] { read_coco_truth(file); });
  }

  fs::path dir_;
};

const char* const kTruth = R"({"images":[{"id":7,"file_name":"a/one.jpg"},
 {"id":3,"file_name":"two.jpg"}],"categories":[{"id":1,"name":"dog"},{"id":5,"name":"cat"}],
 "annotations":[{"image_id":7,"category_id":5,"bbox":[1,2,3,4],"iscrowd":1},
 {"image_id":3,"category_id":1,"bbox":[1,2,30,40],"area":600}]})";

TEST_F(BoxFiles, CocoTruth) {
  const BoxTruth truth = read_coco_truth(put("set.json", kTruth));
  EXPECT_EQ(truth.name, "set");
  ASSERT_EQ(truth.pictures.size(), 2U);
  EXPECT_EQ(truth.pictures[0].file_name, "two.jpg") << "in the order of their ids";
  ASSERT_EQ(truth.pictures[1].boxes.size(), 1U);
  EXPECT_EQ(truth.categories[truth.pictures[1].boxes[0].category].name, "cat");
  EXPECT_TRUE(truth.pictures[1].boxes[0].crowd);
  EXPECT_EQ(truth.pictures[1].boxes[0].area, 12) << "without an area, the box's";
  EXPECT_EQ(truth.pictures[0].boxes[0].area, 600);
}

TEST_F(BoxFiles, BrokenCocoTruthIsToldWhatAndWhere) {
  EXPECT_THAT(told_of_truth("{"), HasSubstr("the file is not whole JSON"));
  EXPECT_THAT(told_of_truth("[]"), HasSubstr("the file is a list, as results are"));
  EXPECT_THAT(told_of_truth("{}"), HasSubstr("the file has no list 'categories'"));
  EXPECT_THAT(told([&] { read_coco_truth(dir_ / "absent.json"); }),
              HasSubstr("the file cannot be read"));
  const auto with = [&](const char* from, const char* to) {
    std::string text = kTruth;
    text.replace(text.find(from), std::string(from).size(), to);
    return told_of_truth(text);
  };
  EXPECT_THAT(with("\"bbox\":[1,2,3,4]", "\"bbox\":[1,2,3]"),
              HasSubstr("annotations[0] has a 'bbox' that is no list of 4 numbers"));
  EXPECT_THAT(with("[1,2,3,4]", "[1,2,-3,4]"), HasSubstr("a 'bbox' of negative size"));
  EXPECT_THAT(with("[1,2,3,4]", "[1,2,3e9,4]"), HasSubstr("larger than any picture"));
  EXPECT_THAT(with("[1,2,3,4]", "[1,2,\"x\",4]"), HasSubstr("a 'bbox' that is no number"));
  EXPECT_THAT(with("\"image_id\":7", "\"image_id\":8"),
              HasSubstr("annotations[0] names an image_id that 'images' does not have"));
  EXPECT_THAT(with("\"category_id\":5", "\"category_id\":6"), HasSubstr("names a category_id"));
  EXPECT_THAT(with("\"id\":3", "\"id\":7"), HasSubstr("two images have the id 7"));
  EXPECT_THAT(with("\"id\":5", "\"id\":1"), HasSubstr("categories[1] repeats an id"));
  EXPECT_THAT(with("\"id\":3", "\"id\":3.5"), HasSubstr("'id' that is no whole number"));
  EXPECT_THAT(with("\"name\":\"dog\"", "\"name\":1"), HasSubstr("'name' that is no text"));
  EXPECT_THAT(with("\"area\":600", "\"area\":1e999"), HasSubstr("fix:"));
}

TEST_F(BoxFiles, DetectionsByNumberByNameAndByTheirOwnLists) {
  const BoxTruth truth = read_coco_truth(put("set.json", kTruth));
  const auto first = [&](const std::string& json) {
    return read_detections(put("d.json", json), truth).boxes.at(0);
  };
  const std::string rest = R"("bbox":[1,2,3,4],"score":0.5})";
  for (const std::string& text :
       {R"([{"image_id":7,"category_id":5,)" + rest + "]",
        R"([{"image_id":1,"category_id":9,"file_name":"a/one.jpg","category_name":"cat",)" + rest +
            "]",
        R"([{"image_id":1,"category_id":9,"file_name":"photos/one.jpg","category_name":"cat",)" +
            rest + "]",
        R"({"images":[{"id":0,"file_name":"one.jpg"}],"categories":[{"id":0,"name":"cat"}],)"
        R"("annotations":[{"image_id":0,"category_id":0,)" +
            rest + "]}"}) {
    const DetectedBox box = first(text);
    EXPECT_EQ(truth.pictures[box.picture].file_name, "a/one.jpg") << text;
    EXPECT_EQ(truth.categories[box.category].name, "cat") << text;
    EXPECT_EQ(box.score, 0.5);
  }
}

TEST_F(BoxFiles, DetectionsOfOtherClassesAreCounted) {
  const BoxTruth truth = read_coco_truth(put("set.json", kTruth));
  const Detections read = read_detections(
      put("d.json", R"([{"image_id":7,"category_id":99,"bbox":[1,2,3,4],"score":0.5}])"), truth);
  EXPECT_TRUE(read.boxes.empty());
  EXPECT_EQ(read.of_other_classes, 1U);
}

TEST_F(BoxFiles, BrokenDetectionsAreToldWhatAndWhere) {
  const BoxTruth truth = read_coco_truth(put("set.json", kTruth));
  const auto told_of = [&](const std::string& json) {
    const fs::path file = put("d.json", json);
    return told([&] { read_detections(file, truth); });
  };
  EXPECT_THAT(told_of("3"), HasSubstr("the detections are no list"));
  EXPECT_THAT(told_of("{}"), HasSubstr("the file has no list 'annotations'"));
  EXPECT_THAT(told_of("[1]"), HasSubstr("results[0] is no map of keys and values"));
  EXPECT_THAT(told_of(R"([{"image_id":7,"category_id":5,"bbox":[1,2,3,4]}])"),
              HasSubstr("results[0] has no 'score'"));
  EXPECT_THAT(told_of(R"([{"image_id":70,"category_id":5,"bbox":[1,2,3,4],"score":1}])"),
              HasSubstr("is of a picture that the truth does not have: with the id 70"));
  EXPECT_THAT(told_of(R"([{"file_name":"x.jpg","category_id":5,"bbox":[1,2,3,4],"score":1}])"),
              HasSubstr("is of a picture that the truth does not have: x.jpg"));
  BoxTruth names_only = truth;
  for (TruthPicture& picture : names_only.pictures) picture.id.reset();
  const fs::path file =
      put("d.json", R"([{"image_id":7,"category_id":5,"bbox":[1,2,3,4],"score":1}])");
  EXPECT_THAT(told([&] { read_detections(file, names_only); }), HasSubstr("add 'file_name'"));
}

std::string voc(const std::string& objects) {
  return "<annotation><filename>one.jpg</filename>" + objects + "</annotation>";
}
const char* const kObject =
    "<object><name> dog </name><difficult>0</difficult><bndbox><xmin>10</xmin><ymin>20</ymin>"
    "<xmax>110.5</xmax><ymax>70</ymax></bndbox></object>";

TEST_F(BoxFiles, VocTruthWithSplits) {
  put("set/Annotations/one.xml", voc(kObject));
  std::string cat = kObject;
  cat.replace(cat.find("dog"), 3, "cat");
  cat.replace(cat.find(">0<"), 3, ">1<");
  put("set/Annotations/two.xml", voc(cat + kObject));
  put("set/ImageSets/Main/test.txt", "two 1\r\n\r\n");
  put("set/ImageSets/Main/train.txt", "one\n");
  const auto all = find_box_truth(dir_ / "set", "");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->name, "set");
  ASSERT_EQ(all->pictures.size(), 2U);
  EXPECT_EQ(all->pictures[0].file_name, "one.jpg");
  EXPECT_EQ(all->pictures[1].file_name, "two.jpg") << "the file was renamed, not what it says";
  EXPECT_EQ(all->categories[0].name, "cat");
  const TruthBox& dog = all->pictures[0].boxes.at(0);
  EXPECT_EQ(dog.box.x, 10);
  EXPECT_EQ(dog.box.width, 100.5);
  EXPECT_EQ(dog.box.height, 50);
  EXPECT_FALSE(dog.ignore);
  EXPECT_TRUE(all->pictures[1].boxes.at(0).ignore);
  EXPECT_FALSE(all->pictures[1].boxes.at(0).crowd);
  const auto test = find_box_truth(dir_ / "set", "test");
  ASSERT_TRUE(test);
  EXPECT_EQ(test->name, "set, test");
  ASSERT_EQ(test->pictures.size(), 1U);
  EXPECT_EQ(test->pictures[0].file_name, "two.jpg");
  EXPECT_THAT(told([&] { find_box_truth(dir_ / "set", "val"); }),
              HasSubstr("there is no split 'val'"));
  EXPECT_THAT(told([&] { find_box_truth(dir_ / "set", "val"); }),
              HasSubstr("use one of: test, train"));
  EXPECT_THAT(told([&] { find_box_truth(dir_ / "set", "../../../etc/passwd"); }),
              HasSubstr("there is no split"));
}

TEST_F(BoxFiles, WhatHoldsNoBoxesIsSomethingElse) {
  put("classes/cat/a.jpg", "");
  EXPECT_FALSE(find_box_truth(dir_ / "classes", ""));
  EXPECT_FALSE(find_box_truth(put("set.yaml", "root: x"), ""));
  EXPECT_FALSE(find_box_truth(dir_ / "absent", ""));
  EXPECT_THAT(told([&] { find_box_truth(put("t.json", kTruth), "test"); }),
              HasSubstr("a COCO file has no splits"));
}

TEST_F(BoxFiles, BrokenVocTruthIsToldWhatAndWhere) {
  const auto told_of = [&](const std::string& xml) {
    put("set/Annotations/one.xml", xml);
    return told([&] { find_box_truth(dir_ / "set", ""); });
  };
  const auto with = [&](const char* from, const char* to) {
    std::string text = kObject;
    text.replace(text.find(from), std::string(from).size(), to);
    return told_of(voc(text));
  };
  EXPECT_THAT(told_of(""), HasSubstr("the annotation is no XML"));
  EXPECT_THAT(told_of("<annotation><object>"), HasSubstr("the annotation is no XML"));
  EXPECT_THAT(told_of("<other/>"), HasSubstr("the XML has no 'annotation'"));
  EXPECT_THAT(with(" dog ", " "), HasSubstr("an object has no 'name'"));
  EXPECT_THAT(with("<xmin>10</xmin>", ""), HasSubstr("an object has no 'xmin'"));
  EXPECT_THAT(with("<xmin>10", "<xmin>ten"), HasSubstr("'xmin' is 'ten', which is no coordinate"));
  EXPECT_THAT(with("<xmin>10", "<xmin>nan"), HasSubstr("which is no coordinate"));
  EXPECT_THAT(with("<xmin>10", "<xmin>1e300"), HasSubstr("which is no coordinate"));
  EXPECT_THAT(with("<xmin>10", "<xmin>200"), HasSubstr("ends before it begins"));
  EXPECT_THAT(with("<xmin>10", "<xmin>200"), HasSubstr("one.xml"));
  // Entities of a document type are not expanded, so they cannot grow without bound.
  EXPECT_THAT(told_of("<!DOCTYPE a [<!ENTITY x \"<object/>\">]>" + voc("<object>&x;</object>")),
              HasSubstr("an object has no 'name'"));
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<a>";
  EXPECT_THAT(told_of(deep), HasSubstr("the annotation is no XML"));
  put("set/ImageSets/Main/test.txt", "absent\n");
  EXPECT_THAT(told([&] { find_box_truth(dir_ / "set", "test"); }), HasSubstr("absent.xml"));
}

TEST_F(BoxFiles, MutatedFilesGiveTruthOrAnError) {
  const std::string xml = voc(std::string(kObject) + kObject), json = kTruth;
  std::mt19937 random(5);
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    const bool is_json = round % 2 == 0;
    std::string text = is_json ? json : xml;
    for (int i = 0; i < 3; ++i) {
      const std::size_t at = random() % text.size();
      if (random() % 2 == 0) {
        text[at] = static_cast<char>(random());
      } else {
        text.erase(at, random() % 9);
      }
      if (text.empty()) text = " ";
    }
    const fs::path file = put(is_json ? "m.json" : "m/one.xml", text);
    try {
      const auto truth = find_box_truth(is_json ? file : file.parent_path(), "");
      if (truth) score_boxes(*truth, {});
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr("fix:"));
      ++refused;
    }
  }
  EXPECT_GT(refused, 500);
}

TEST_F(BoxFiles, ReportsSayWhatWasFound) {
  const BoxTruth truth = read_coco_truth(put("set.json", kTruth));
  const fs::path found = put("d.json",
                             R"([{"image_id":3,"category_id":1,"bbox":[1,2,30,40],"score":0.9},
          {"image_id":3,"category_id":77,"bbox":[1,2,30,40],"score":0.9}])");
  const BoxReport report = evaluate_detections(truth, found);
  const std::string text = to_text(report);
  EXPECT_THAT(text, HasSubstr("set (COCO JSON): 2 pictures, 1 object in 2 classes"));
  EXPECT_THAT(text, HasSubstr("1 more of classes that this data set does not have"));
  EXPECT_THAT(text, HasSubstr("AP   100.0 %"));
  const Json json = Json::parse(to_json(report));
  EXPECT_EQ(json["ap"], 1);
  EXPECT_EQ(json["ap_large"], nullptr);
  EXPECT_EQ(json["classes"][0]["name"], "dog");
  EXPECT_EQ(json["classes"][0]["precision_at_recall_50"].size(), 101U);
  EXPECT_THAT(classes_csv(report), HasSubstr("\r\ndog,1,1,1.000000,1.000000,1.000000,"));
  EXPECT_THAT(classes_csv(report), HasSubstr("\r\ncat,0,0,,,"));
  write_eval_report(report, dir_ / "out");
  for (const char* name : {"eval.json", "classes.csv", "curves.svg"}) {
    EXPECT_TRUE(fs::exists(dir_ / "out" / name)) << name;
  }
}

TEST_F(BoxFiles, CurvesAreDrawnWhereTheFiguresSay) {
  const BoxTruth truth = read_coco_truth(put("a&b.json", kTruth));
  const fs::path found =
      put("d.json", R"([{"image_id":3,"category_id":1,"bbox":[1,2,30,40],"score":0.9}])");
  const std::string svg = curves_svg(evaluate_detections(truth, found));
  // Precision 1 at every recall: a straight line along the upper edge.
  EXPECT_THAT(svg, HasSubstr("d=\"M64.0,96.0 L68.8,96.0"));
  EXPECT_THAT(svg, HasSubstr("L544.0,96.0\""));
  EXPECT_THAT(svg, HasSubstr("a&amp;b: AP50 100.0 %"));
  EXPECT_THAT(svg, HasSubstr(">dog</text>"));
  EXPECT_THAT(svg, ::testing::Not(HasSubstr(">cat</text>"))) << "it has no objects";
}

}  // namespace
}  // namespace fovea::pipeline
