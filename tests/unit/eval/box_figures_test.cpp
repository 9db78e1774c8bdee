// SPDX-License-Identifier: Apache-2.0
// The figures are those of pycocotools: on a small set with everything that is easy to get wrong,
// and on voc100 where it is at hand (scripts/goldens/make_box_goldens.py).
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "pipeline/eval/box_eval.hpp"
#include "pipeline/sinks/json.hpp"
#include "tests/support/places.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;

const fs::path kData = fovea::test::source_dir() / "tests/unit/eval/data/boxes";
// Both sum the same doubles, in another order.
constexpr double kTolerance = 1e-9;

Json read_json(const fs::path& file) {
  std::ifstream stream(file);
  return Json::parse(stream);
}

void expect_number(double value, const Json& expected, const std::string& what) {
  if (expected.is_null()) {
    EXPECT_TRUE(std::isnan(value)) << what;
  } else {
    EXPECT_NEAR(value, expected.get<double>(), kTolerance) << what;
  }
}

void expect_figures(const BoxFigures& figures, const Json& expected, const std::string& of) {
  const char* const sizes[] = {"", "_small", "_medium", "_large"};
  for (std::size_t size = 0; size < kSizes; ++size) {
    const std::string name = sizes[size];
    expect_number(figures.ap[size], expected.at("ap" + name), of + " ap" + name);
    expect_number(figures.ar[size], expected.at("ar" + name), of + " ar" + name);
  }
  expect_number(figures.ap50, expected.at("ap50"), of + " ap50");
  expect_number(figures.ap75, expected.at("ap75"), of + " ap75");
  expect_number(figures.ar1, expected.at("ar1"), of + " ar1");
  expect_number(figures.ar10, expected.at("ar10"), of + " ar10");
}

void expect_scores(const BoxScores& scores, const Json& expected) {
  expect_figures(scores.mean, expected, "mean");
  const Json& classes = expected.at("classes");
  ASSERT_EQ(scores.classes.size(), classes.size());
  for (const ClassFigures& one : scores.classes) {
    const Json& wanted = classes.at(one.name);
    expect_figures(one.figures, wanted, one.name);
    if (!wanted.contains("curve50")) continue;
    ASSERT_EQ(one.curve50.size(), wanted.at("curve50").size()) << one.name;
    for (std::size_t i = 0; i < one.curve50.size(); ++i) {
      EXPECT_NEAR(one.curve50[i], wanted.at("curve50")[i].get<double>(), kTolerance) << i;
    }
  }
}

TEST(BoxFigures, AreThoseOfPycocotools) {
  const BoxTruth truth = read_coco_truth(kData / "truth.json");
  const BoxReport report = evaluate_detections(truth, kData / "detections.json");
  EXPECT_EQ(report.scores.pictures, 12U);
  EXPECT_EQ(report.of_other_classes, 0U);
  expect_scores(report.scores, read_json(kData / "figures.json"));
}

TEST(BoxFigures, AreThoseOfPycocotoolsOnVoc100) {
  const char* data = std::getenv("FOVEA_DATA");
  const fs::path folder =
      (data != nullptr ? fs::path(data) : fovea::test::source_dir() / "../shared/datasets") /
      "voc100";
  if (!fs::exists(folder)) {
    GTEST_SKIP() << "no " << folder << "; set FOVEA_DATA to the folder that holds it";
  }
  const fs::path detections = folder / "example_detections/coco_dets.json";
  const Json expected = read_json(kData / "voc100_figures.json");
  const auto coco = find_box_truth(folder / "instances_v2.json", "");
  const auto xml = find_box_truth(folder, "");
  ASSERT_TRUE(coco && xml);
  EXPECT_EQ(coco->form, "COCO JSON");
  EXPECT_EQ(xml->form, "VOC XML");
  EXPECT_EQ(xml->pictures.size(), 100U);
  expect_scores(evaluate_detections(*coco, detections).scores, expected.at("coco"));
  expect_scores(evaluate_detections(*xml, detections).scores, expected.at("xml"));
}

BoxTruth one_picture(std::vector<TruthBox> boxes) {
  BoxTruth truth;
  truth.categories = {{"dog", 1}};
  truth.pictures = {{"a.jpg", 1, std::move(boxes)}};
  return truth;
}

TruthBox truth_box(PlainBox box) {
  TruthBox result;
  result.box = box;
  result.area = box.width * box.height;
  return result;
}

TEST(BoxFigures, OfHandmadeCases) {
  const PlainBox here{10, 10, 100, 100}, away{300, 300, 100, 100};
  const BoxTruth two = one_picture({truth_box(here), truth_box(away)});
  EXPECT_DOUBLE_EQ(score_boxes(two, {{0, 0, here, 0.9}, {0, 0, away, 0.8}}).mean.ap[0], 1);
  // Half of the objects, nothing wrong: precision 1 at the 51 recalls up to 0.5.
  EXPECT_NEAR(score_boxes(two, {{0, 0, here, 0.9}}).mean.ap[0], 51.0 / 101, 1e-12);
  // A second detection of the same object is wrong; it comes last and costs nothing.
  EXPECT_NEAR(score_boxes(two, {{0, 0, here, 0.9}, {0, 0, here, 0.1}}).mean.ap[0], 51.0 / 101,
              1e-12);
  EXPECT_EQ(score_boxes(two, {}).mean.ap[0], 0);
  EXPECT_TRUE(std::isnan(score_boxes(one_picture({}), {{0, 0, here, 0.9}}).mean.ap[0]));
  // Overlap 0.6: right at 0.50, 0.55 and 0.60, wrong at the seven above.
  const BoxTruth one = one_picture({truth_box({0, 0, 100, 100})});
  EXPECT_NEAR(score_boxes(one, {{0, 0, {0, 0, 60, 100}, 0.9}}).mean.ap[0], 0.3, 1e-12);
}

TEST(BoxFigures, WhatIsToBeIgnoredIsNeitherRightNorWrong) {
  TruthBox difficult = truth_box({300, 300, 100, 100});
  difficult.ignore = true;
  const BoxTruth truth = one_picture({truth_box({10, 10, 100, 100}), difficult});
  const std::vector<DetectedBox> both{{0, 0, {300, 300, 100, 100}, 0.9},
                                      {0, 0, {10, 10, 100, 100}, 0.5}};
  EXPECT_DOUBLE_EQ(score_boxes(truth, both).mean.ap[0], 1);
  EXPECT_EQ(score_boxes(truth, both).objects, 1U);
  // But once: a second detection of it is wrong.
  std::vector<DetectedBox> twice = both;
  twice.push_back({0, 0, {300, 300, 100, 100}, 0.8});
  EXPECT_NEAR(score_boxes(truth, twice).mean.ap[0], 0.5, 1e-12);
}

}  // namespace
}  // namespace fovea::pipeline
