// SPDX-License-Identifier: Apache-2.0
// Predictions to objects, against transformers' post-processing and by hand.
#include "vision/detect.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "compute/error.hpp"
#include "tests/support/places.hpp"
#include "vision/preprocess/npy.hpp"

namespace fovea::vision {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path kData = fovea::test::source_dir() / "tests/golden/models/data";

class ReferenceDetections : public testing::TestWithParam<const char*> {};

TEST_P(ReferenceDetections, AreFoundWithTheirScoresAndBoxes) {
  const fs::path folder = kData / GetParam();
  std::ifstream config_file(folder / "config.json"), golden_file(folder / "golden/detections.json");
  const json config = json::parse(config_file), golden = json::parse(golden_file);
  const int tokens = config.at("num_detection_tokens");
  std::vector<std::string> names(config.at("id2label").size());
  for (const auto& [id, name] : config.at("id2label").items()) names.at(std::stoul(id)) = name;
  const NpyArray answers = read_npy(folder / "golden/logits.npy");
  const std::size_t length = answers.values.size() / 2;
  const int height = golden.at("size").at(0), width = golden.at("size").at(1);

  for (std::size_t picture = 0; picture < 2; ++picture) {
    const auto answer = std::span(answers.values).subspan(picture * length, length);
    const std::vector<Object> found =
        detected_objects(answer, names, tokens, golden.at("threshold"), width, height);
    json expected = golden.at("objects").at(picture);
    std::stable_sort(expected.begin(), expected.end(),
                     [](const json& a, const json& b) { return a.at("score") > b.at("score"); });
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      SCOPED_TRACE(i);
      EXPECT_EQ(found[i].id, expected[i].at("id").get<int>());
      EXPECT_EQ(found[i].name, names.at(static_cast<std::size_t>(found[i].id)));
      EXPECT_NEAR(found[i].score, expected[i].at("score").get<double>(), 1e-6);
      // The reference does not cut boxes at the picture's edges. Single precision of 500 pixels.
      const std::vector<double> box = expected[i].at("box");
      EXPECT_NEAR(found[i].box.x1, std::clamp(box[0], 0.0, 1.0 * width), 1e-4);
      EXPECT_NEAR(found[i].box.y1, std::clamp(box[1], 0.0, 1.0 * height), 1e-4);
      EXPECT_NEAR(found[i].box.x2, std::clamp(box[2], 0.0, 1.0 * width), 1e-4);
      EXPECT_NEAR(found[i].box.y2, std::clamp(box[3], 0.0, 1.0 * height), 1e-4);
    }
  }
}

TEST_P(ReferenceDetections, AreOfTheTokensThatAnsweredThem) {
  const NpyArray answers = read_npy(kData / GetParam() / "golden/logits.npy");
  const auto tokens = static_cast<std::size_t>(answers.shape.at(1));
  const std::size_t length = answers.shape.at(2);
  const std::vector<std::string> names(length - 5);
  const auto answer = std::span(answers.values).first(tokens * length);
  const auto objects = detected_objects(answer, names, static_cast<int>(tokens), 0, 640, 480);
  ASSERT_EQ(objects.size(), tokens);  // nothing is below 0
  for (const Object& object : objects) {
    const auto alone = answer.subspan(static_cast<std::size_t>(object.token) * length, length);
    const std::vector<Object> expected = detected_objects(alone, names, 1, 0, 640, 480);
    EXPECT_EQ(object.score, expected.front().score);
    EXPECT_EQ(object.box.x1, expected.front().box.x1);
    EXPECT_EQ(object.box.y2, expected.front().box.y2);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, ReferenceDetections,
                         testing::Values("yolos-own-grid", "yolos-interpolated",
                                         "yolos-mid-positions", "yolos-head-dim-55"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

const std::vector<std::string> kNames{"cat", "dog"};

/// One token: logits of cat, dog and nothing; a box in the middle, half as large as the picture.
std::vector<float> token(float cat, float dog, float nothing) {
  return {cat, dog, nothing, 0, 0, 0, 0};
}

std::vector<float> joined(const std::vector<std::vector<float>>& tokens) {
  std::vector<float> all;
  for (const auto& one : tokens) all.insert(all.end(), one.begin(), one.end());
  return all;
}

TEST(Detect, TheBoxIsInPixelsOfThePicture) {
  const auto objects = detected_objects(token(9, 0, 0), kNames, 1, 0.5, 640, 480);
  ASSERT_EQ(objects.size(), 1u);
  const Box& box = objects[0].box;
  EXPECT_EQ((std::vector<float>{box.x1, box.y1, box.x2, box.y2}),
            (std::vector<float>{160, 120, 480, 360}));
}

TEST(Detect, NothingWinsWhereItsLogitIsLargest) {
  // Softmax over all three: the best class is at 0.2, however far it leads the other.
  const float third = std::log(3.0f);
  EXPECT_TRUE(detected_objects(token(0, -20, third + 0.3f), kNames, 1, 0.25, 1, 1).empty());
}

TEST(Detect, TheThresholdItselfIsNotEnough) {
  const std::vector<float> even = token(0, -200, 0);  // exactly 0.5
  EXPECT_TRUE(detected_objects(even, kNames, 1, 0.5, 10, 10).empty());
  EXPECT_EQ(detected_objects(even, kNames, 1, 0.4999, 10, 10).size(), 1u);
}

TEST(Detect, BestFirstAndOverlappingOnesStay) {
  const auto answer = joined({token(1, 0, 0), token(0, 4, 0), token(1, 0, 0), token(9, 0, 0)});
  const auto objects = detected_objects(answer, kNames, 4, 0.1, 10, 10);
  ASSERT_EQ(objects.size(), 4u);
  EXPECT_EQ(objects[0].name, "cat");
  EXPECT_EQ(objects[1].name, "dog");
  EXPECT_GT(objects[0].score, objects[1].score);
  EXPECT_EQ(objects[2].score, objects[3].score);
}

TEST(Detect, BoxesEndAtThePicturesEdges) {
  std::vector<float> answer = token(9, 0, 0);
  answer[3] = -9;  // centre at the left edge
  answer[6] = 9;   // as tall as the picture
  answer[4] = 1;   // and below its middle
  const Box box = detected_objects(answer, kNames, 1, 0.5, 100, 50).at(0).box;
  EXPECT_EQ(box.x1, 0);
  EXPECT_EQ(box.y2, 50);
  EXPECT_GT(box.width(), 0);
  EXPECT_LT(box.y1, 50);
}

TEST(Detect, ANumberThatIsNoneIsAnError) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (const std::size_t at : {1u, 2u, 5u}) {
      std::vector<float> answer = joined({token(1, 0, 0), token(1, 0, 0)});
      answer[7 + at] = bad;
      EXPECT_THROW(detected_objects(answer, kNames, 2, 0.5, 10, 10), ModelError);
    }
  }
}

}  // namespace
}  // namespace fovea::vision
