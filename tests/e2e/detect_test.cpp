// SPDX-License-Identifier: Apache-2.0
// fovea detect: pictures of several shapes, records with boxes, and models of the wrong kind.
#include <algorithm>
#include <cmath>

#include "tests/e2e/e2e_fixture.hpp"
#include "tests/support/places.hpp"

namespace fovea::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Detect : public EndToEndOnDevice {
 protected:
  ProcessResult detect(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "detect");
    arguments.insert(arguments.end(), {"-m", kTinyDetector.string()});
    return fovea(arguments);
  }
  void pictures_of_many_shapes() {
    for (int i = 0; i < 9; ++i) {
      picture("photos/" + std::to_string(i) + ".png", i, 40 + 17 * (i % 3), 40 + 13 * (i / 3));
    }
  }
};

TEST_F(Detect, EveryShapeInTheOrderOfTheFolder) {
  pictures_of_many_shapes();
  const ProcessResult result =
      detect({"photos", "--min-score", "0", "--batch", "3", "-o", "r.jsonl", "-o", "r.csv"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto records = records_of(read_text(folder_ / "r.jsonl"));
  ASSERT_EQ(records.size(), 9u);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Json& record = records[i];
    EXPECT_EQ(record.at("source"), "photos/" + std::to_string(i) + ".png");
    EXPECT_FALSE(record.contains("labels"));
    ASSERT_EQ(record.at("objects").size(), 7u);
    const double width = record.at("size").at(0), height = record.at("size").at(1);
    double last = 1;
    for (const Json& object : record.at("objects")) {
      const std::vector<double> box = object.at("box");
      ASSERT_EQ(box.size(), 4u);
      EXPECT_LE(0, box[0]);
      EXPECT_LE(box[0], box[2]);
      EXPECT_LE(box[2], width);
      EXPECT_LE(0, box[1]);
      EXPECT_LE(box[1], box[3]);
      EXPECT_LE(box[3], height);
      EXPECT_EQ(object.at("name"), "class " + std::to_string(object.at("id").get<int>()));
      EXPECT_LE(object.at("score").get<double>(), last);
      last = object.at("score");
    }
  }
  EXPECT_THAT(result.out, HasSubstr("OBJECTS"));
  EXPECT_THAT(result.out, HasSubstr("9 pictures"));
  const std::string csv = read_text(folder_ / "r.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 9 * 7);

  // One at a time gives the same answers: no picture hears of the others in its batch.
  const auto alone =
      records_of(detect({"photos", "--min-score", "0", "--batch", "1", "--json"}).out);
  ASSERT_EQ(alone.size(), records.size());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    for (std::size_t k = 0; k < 7; ++k) {
      EXPECT_NEAR(alone[i].at("objects").at(k).at("score").get<double>(),
                  records[i].at("objects").at(k).at("score").get<double>(), 1e-5);
    }
  }
}

TEST_F(Detect, ScoreAndClassesChooseWhatIsKept) {
  picture("a.png", 1);
  const Json all = records_of(detect({"a.png", "--min-score", "0", "--json"}).out).at(0);
  const Json best = all.at("objects").at(0);
  const std::string score = std::to_string(best.at("score").get<double>() - 1e-4);
  const Json few = records_of(detect({"a.png", "--min-score", score, "--json"}).out).at(0);
  ASSERT_GE(few.at("objects").size(), 1u);
  EXPECT_LT(few.at("objects").size(), 7u);
  EXPECT_EQ(few.at("objects").at(0), best);
  const Json none = records_of(detect({"a.png", "--min-score", "1", "--json"}).out).at(0);
  EXPECT_EQ(none.at("objects"), Json::array());

  const std::string name = best.at("name");
  const Json only =
      records_of(detect({"a.png", "--min-score", "0", "--classes", name, "--json"}).out).at(0);
  ASSERT_GE(only.at("objects").size(), 1u);
  for (const Json& object : only.at("objects")) EXPECT_EQ(object.at("name"), name);
  const ProcessResult unknown = detect({"a.png", "--classes", "class 1,clas 2"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("the model has no class 'clas 2'"));
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'class 2'?"));
}

TEST_F(Detect, TheEmittedFileDoesTheSame) {
  picture("a.png", 1);
  const ProcessResult yaml = detect({"a.png", "--min-score", "1%", "--emit-yaml", "--json"});
  EXPECT_EQ(yaml.exit_code, 0) << yaml.err;
  EXPECT_THAT(yaml.out, HasSubstr("- detect:"));
  text_file("job.yaml", yaml.out);
  const auto direct = records_of(detect({"a.png", "--min-score", "1%", "--json"}).out);
  const auto run = records_of(fovea({"run", "job.yaml"}).out);
  EXPECT_EQ(without_timings(run), without_timings(direct));
  EXPECT_EQ(fovea({"check", "job.yaml"}).exit_code, 0);
}

TEST_F(Detect, NoSecretOfAWebhookIsWritten) {
  picture("a.png", 1);
  text_file("job.yaml", "version: 1\nsource: a.png\nstages:\n  - detect: {model: '" +
                            kTinyDetector.string() +
                            "'}\n  - track\n  - zones: {lines: [{name: door, from: [0, 1], to: "
                            "[1, 1]}]}\nsinks:\n  - jsonl: out/r.jsonl\n  - webhook: {url: "
                            "\"http://me:pa55@127.0.0.1:9/p4th\", token: t0ken}\n");
  const ProcessResult run = fovea({"run", "job.yaml"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const ProcessResult check = fovea({"check", "job.yaml"});
  const ProcessResult yaml = fovea({"run", "job.yaml", "--emit-yaml"});
  EXPECT_THAT(check.out, HasSubstr("webhook http://127.0.0.1:9/***"));
  const std::string all = run.out + run.err + check.out + check.err + yaml.out +
                          read_text(folder_ / "out/manifest.json") +
                          read_text(folder_ / "out/r.jsonl");
  EXPECT_THAT(all, HasSubstr("http://127.0.0.1:9/***"));
  for (const char* secret : {"pa55", "p4th", "t0ken"}) {
    EXPECT_THAT(all, testing::Not(HasSubstr(secret)));
  }
}

TEST_F(Detect, TheBuiltInDetectorNeedsNoModelNamed) {
  const fs::path data = test::source_dir() / "tests/golden/models/builtin_detector";
  const ProcessResult result = fovea({"detect", (data / "smear.png").string(), "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const Json found = records_of(result.out).at(0).at("objects");
  const Json expected = Json::parse(read_text(data / "detections.json")).at("objects");
  ASSERT_EQ(found.size(), expected.size());
  const std::vector<std::string> names{"RBC", "WBC", "Platelets"};
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].at("id"), expected[i].at("id"));
    EXPECT_EQ(found[i].at("name"), names.at(found[i].at("id").get<std::size_t>()));
    EXPECT_NEAR(found[i].at("score").get<double>(), expected[i].at("score").get<double>(), 1e-3);
  }
}

TEST_F(Detect, EveryPrecisionFindsObjects) {
  picture("a.png", 1);
  for (const char* precision : {"fp16", "int8"}) {
    const ProcessResult result =
        detect({"a.png", "--min-score", "0", "--precision", precision, "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(records_of(result.out).at(0).at("objects").size(), 7u) << precision;
  }
}

TEST_F(Detect, APictureTooNarrowFailsAlone) {
  picture("good.png", 1);
  picture("narrow.png", 1, 200, 8);
  const ProcessResult result = detect({"good.png", "narrow.png", "--json", "-o", "out/r.jsonl"});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(sources_of(records_of(result.out)), ElementsAre("good.png"));
  EXPECT_THAT(read_text(folder_ / "out/errors.jsonl"), HasSubstr("too narrow"));
}

TEST_F(Detect, ModelsOfTheOtherKindAreRefused) {
  picture("a.png", 1);
  const ProcessResult classifier = fovea({"detect", "a.png", "-m", kTinyModel.string()});
  EXPECT_EQ(classifier.exit_code, 1);
  EXPECT_THAT(classifier.err, HasSubstr("names pictures and finds no objects"));
  EXPECT_THAT(classifier.err, HasSubstr("use classify in place of detect"));
  const ProcessResult detector = fovea({"classify", "a.png", "-m", kTinyDetector.string()});
  EXPECT_EQ(detector.exit_code, 1);
  EXPECT_THAT(detector.err, HasSubstr("use detect in place of classify"));
  const ProcessResult quantized =
      fovea({"models", "quantize", kTinyDetector.string(), "--calib", ".", "--report"});
  EXPECT_EQ(quantized.exit_code, 1);
  EXPECT_THAT(quantized.err, HasSubstr("compares the first answers of classifiers"));
}

TEST_F(Detect, AClassifierNamesWhatWasFound) {
  for (int i = 0; i < 4; ++i) picture("photos/" + std::to_string(i) + ".png", i, 60 + 9 * i, 50);
  const auto alone = records_of(detect({"photos", "--min-score", "0", "--json"}).out);
  const std::string wanted = alone.at(0).at("objects").at(0).at("name");
  const auto named = [&](const std::string& of) {
    text_file("job.yaml", "version: 1\nsource: photos\nbatch: 3\nstages:\n  - detect: {model: '" +
                              kTinyDetector.string() + "', min_score: 0}\n  - classify: {model: '" +
                              kTinyModel.string() + "', on: crops, top: 2" + of +
                              "}\nsinks: [jsonl: r.jsonl, csv: r.csv, images: {dir: out}]\n");
    const ProcessResult result = fovea({"run", "job.yaml"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return records_of(read_text(folder_ / "r.jsonl"));
  };
  const auto all = named("");
  ASSERT_EQ(all.size(), 4u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_FALSE(all[i].contains("labels")) << "the picture as a whole was not asked about";
    ASSERT_EQ(all[i].at("objects").size(), 7u);
    for (std::size_t k = 0; k < 7; ++k) {
      Json object = all[i].at("objects").at(k);
      ASSERT_EQ(object.at("labels").size(), 2u);
      object.erase("labels");
      EXPECT_EQ(object, alone[i].at("objects").at(k));
    }
  }
  EXPECT_THAT(read_text(folder_ / "r.csv"), HasSubstr("x1,y1,x2,y2"));
  // The crop as a picture of its own gets the same answer.
  const Json& first = all[0].at("objects").at(0);
  const std::vector<double> box = first.at("box");
  const cv::Mat photo = cv::imread((folder_ / "photos/0.png").string());
  const cv::Rect part(
      cv::Point(static_cast<int>(box[0]), static_cast<int>(box[1])),
      cv::Point(static_cast<int>(std::ceil(box[2])), static_cast<int>(std::ceil(box[3]))));
  cv::imwrite((folder_ / "crop.png").string(), photo(part & cv::Rect({}, photo.size())));
  const Json by_itself = records_of(classify({"crop.png", "--top", "2", "--json"}).out).at(0);
  EXPECT_EQ(by_itself.at("labels").at(0).at("name"), first.at("labels").at(0).at("name"));
  EXPECT_NEAR(by_itself.at("labels").at(0).at("score").get<double>(),
              first.at("labels").at(0).at("score").get<double>(), 1e-4);

  const std::string another = wanted == "class 1" ? "class 2" : "class 1";
  for (const std::string& of : {wanted, another}) {
    for (const Json& record : named(", of: [" + of + "]")) {
      for (const Json& object : record.at("objects")) {
        EXPECT_EQ(object.contains("labels"), object.at("name") == of);
      }
    }
  }
  text_file("wrong.yaml", "version: 1\nsource: photos\nstages:\n  - detect: {model: '" +
                              kTinyDetector.string() + "'}\n  - classify: {model: '" +
                              kTinyModel.string() + "', on: crops, of: [clas 2]}\n");
  EXPECT_THAT(fovea({"check", "wrong.yaml"}).err + fovea({"check", "wrong.yaml"}).out,
              HasSubstr("did you mean 'class 2'?"));
}

TEST_F(Detect, TilesOfASmallPictureChangeNothingAndOfALargeOneFindMore) {
  picture("small.png", 1, 60, 50);
  picture("large.png", 2, 150, 120);
  const auto found = [&](const std::string& tile) {
    text_file("job.yaml",
              "version: 1\nsources: [small.png, large.png]\nbatch: 4\nstages:\n"
              "  - detect: {model: '" +
                  kTinyDetector.string() + "', min_score: 0" + tile +
                  "}\nsinks: [jsonl: r.jsonl]\n");
    const ProcessResult result = fovea({"run", "job.yaml"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return without_timings(records_of(read_text(folder_ / "r.jsonl")));
  };
  const auto whole = found(""), tiled = found(", tile: 64");
  ASSERT_EQ(tiled.size(), 2u);
  EXPECT_EQ(tiled[0], whole[0]);
  EXPECT_EQ(found(", tile: {size: 200}"), whole);
  EXPECT_GT(tiled[1].at("objects").size(), 7u) << "more than one look can give";
  double last = 1;
  for (const Json& object : tiled[1].at("objects")) {
    const std::vector<double> box = object.at("box");
    EXPECT_LE(0, box[0]);
    EXPECT_LE(box[2], 150);
    EXPECT_LE(box[3], 120);
    EXPECT_LE(object.at("score").get<double>(), last);
    last = object.at("score");
  }
}

/// What was found as a box of VOC's XML, a little to the right of where it was found.
std::string voc_object(const Json& object) {
  const std::vector<double> box = object.at("box");
  return "<object><name>" + object.at("name").get<std::string>() + "</name><bndbox><xmin>" +
         std::to_string(box[0] + 1) + "</xmin><ymin>" + std::to_string(box[1]) + "</ymin><xmax>" +
         std::to_string(box[2] + 1) + "</xmax><ymax>" + std::to_string(box[3]) +
         "</ymax></bndbox></object>";
}

/// Figures, without a word on where they come from.
Json figures_of(const ProcessResult& result) {
  EXPECT_EQ(result.exit_code, 0) << result.err;
  Json report = Json::parse(result.out, nullptr, false);
  for (const char* key :
       {"model", "device", "precision", "batch", "failed", "interrupted", "detections_file"}) {
    report.erase(key);
  }
  return report;
}

TEST_F(Detect, EvalRunsTheDetectorItself) {
  const std::string model = kTinyDetector.string();
  for (int i = 0; i < 5; ++i) {
    picture("voc/JPEGImages/p" + std::to_string(i) + ".png", i, 40 + 17 * (i % 3), 48);
  }
  picture("voc/JPEGImages/untold.png", 7);
  const auto found = records_of(detect({"voc/JPEGImages", "--min-score", "0", "--json"}).out);
  ASSERT_EQ(found.size(), 6u);
  Json coco = {
      {"images", Json::array()}, {"annotations", Json::array()}, {"categories", Json::array()}};
  std::string split;
  for (int i = 0; i < 5; ++i) {
    const std::string stem = "p" + std::to_string(i);
    const Json& objects = found[static_cast<std::size_t>(i)].at("objects");
    std::string xml;
    coco["images"].push_back({{"id", 10 - i}, {"file_name", stem + ".png"}});
    for (const int k : {0, 3}) {
      const Json& object = objects.at(static_cast<std::size_t>(k));
      xml += voc_object(object);
      const std::vector<double> box = object.at("box");
      coco["annotations"].push_back(
          {{"image_id", 10 - i},
           {"category_id", object.at("id")},
           {"bbox", Json::array({box[0] + 1, box[1], box[2] - box[0], box[3] - box[1]})}});
    }
    text_file("voc/Annotations/" + stem + ".xml",
              "<annotation><filename>" + stem + ".png</filename>" + xml + "</annotation>");
    split += stem + "\n";
  }
  for (int id = 0; id < 4; ++id) {  // one class fewer than the model has
    coco["categories"].push_back({{"id", id}, {"name", "class " + std::to_string(id)}});
  }
  std::erase_if(coco["annotations"].get_ref<Json::array_t&>(),
                [](const Json& one) { return one.at("category_id") == 4; });
  text_file("voc/ImageSets/Main/test.txt", split);
  text_file("coco/annotations/instances_val.json", coco.dump());
  fs::create_directories(folder_ / "coco/val");
  for (int i = 0; i < 5; ++i) {
    const std::string name = "p" + std::to_string(i) + ".png";
    fs::copy(folder_ / "voc/JPEGImages" / name, folder_ / "coco/val" / name);
  }
  text_file("job.yaml", "version: 1\nsource: coco/val\nstages: [detect: {model: '" + model +
                            "', min_score: 0}]\nsinks: [coco: found.json]\n");
  ASSERT_EQ(fovea({"run", "job.yaml"}).exit_code, 0);

  for (std::vector<std::string> set : {std::vector<std::string>{"voc", "--split", "test"},
                                       {"coco/annotations/instances_val.json"}}) {
    set.insert(set.begin(), "eval");
    set.push_back("--json");
    std::vector<std::string> itself = set, before = set;
    itself.insert(itself.end(), {"-m", model, "--batch", "3"});
    before.insert(before.end(), {"--detections", "found.json"});
    const Json report = figures_of(fovea(itself));
    EXPECT_EQ(report, figures_of(fovea(before))) << set[1];
    EXPECT_EQ(report.at("pictures"), 5);
    EXPECT_GT(report.at("ap50").get<double>(), 0.05);
    EXPECT_LT(report.at("ap").get<double>(), 1);
    EXPECT_EQ(
        report.at("detections").get<int>() + report.at("detections_of_other_classes").get<int>(),
        5 * 7);
  }
  const Json few = figures_of(fovea({"eval", "voc", "-m", model, "--min-score", "1", "--json"}));
  EXPECT_EQ(few.at("detections"), 0);
  const ProcessResult text = fovea({"eval", "voc", "--split", "test", "-m", model, "-o", "out"});
  EXPECT_THAT(text.out, HasSubstr("5 pictures"));
  EXPECT_TRUE(fs::exists(folder_ / "out/curves.svg"));
}

TEST_F(Detect, EvalSaysWhatItLacks) {
  const std::string model = kTinyDetector.string();
  text_file("voc/Annotations/p0.xml",
            "<annotation><object><name>class 1</name><bndbox><xmin>1</xmin><ymin>1</ymin>"
            "<xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>");
  const auto refused = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "eval");
    const ProcessResult result = fovea(arguments);
    EXPECT_EQ(result.exit_code, 1) << result.out;
    return result.err;
  };
  EXPECT_THAT(refused({"voc"}), HasSubstr("name a detector with -m MODEL"));
  const std::string nowhere = refused({"voc", "-m", model});
  EXPECT_THAT(nowhere, HasSubstr("1 of 1 pictures are not there; the first: p0.jpg"));
  EXPECT_THAT(nowhere, HasSubstr("voc/JPEGImages"));
  EXPECT_THAT(nowhere, HasSubstr("--images FOLDER"));
  picture("else/p0.png", 1);
  EXPECT_EQ(fovea({"eval", "voc", "-m", model, "--images", "else"}).exit_code, 0);
  EXPECT_THAT(refused({"voc", "-m", kTinyModel.string(), "--images", "else"}),
              HasSubstr("finds no objects"));
  text_file("voc/Annotations/p0.xml",
            "<annotation><object><name>Class 1</name><bndbox><xmin>1</xmin><ymin>1</ymin>"
            "<xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>");
  const std::string other = refused({"voc", "-m", model, "--images", "else"});
  EXPECT_THAT(other, HasSubstr("its 5 classes: class 0, class 1"));
  EXPECT_THAT(other, HasSubstr("the data set's 1: Class 1"));
}

TEST_F(Detect, TheOtherCommandsKnowDetectors) {
  const std::string model = kTinyDetector.string();
  const ProcessResult explained = fovea({"explain", "-m", model, "--batch", "1"});
  EXPECT_EQ(explained.exit_code, 0) << explained.err;
  EXPECT_THAT(explained.out, HasSubstr("detection_heads.2"));
  const Json facts = Json::parse(fovea({"models", "info", model, "--json"}).out);
  EXPECT_EQ(facts.at("detection_tokens"), 7);
  EXPECT_EQ(facts.at("input"), Json::array({64, 48})) << "of a picture of 640 x 480";
  const ProcessResult measured =
      fovea({"bench", "-m", model, "--batch", "2", "--no-tune", "--seconds", "0.01", "--json"});
  EXPECT_EQ(measured.exit_code, 0) << measured.err;
  picture("a.png", 1, 48, 40);
  const ProcessResult tensor = fovea({"preprocess", "a.png", "-m", model, "--json"});
  EXPECT_EQ(Json::parse(tensor.out).at("shape"), Json::array({3, 48, 48}));
}

}  // namespace
}  // namespace fovea::test
