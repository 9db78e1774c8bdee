// SPDX-License-Identifier: Apache-2.0
// fovea detect: pictures of several shapes, records with boxes, and models of the wrong kind.
#include <algorithm>

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
