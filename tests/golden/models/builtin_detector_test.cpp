// SPDX-License-Identifier: Apache-2.0
// The built-in detector on a drawn picture, against transformers' answers for the same folder and
// file. scripts/goldens/make_detector_golden.py made both.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/golden/models/picture_answer.hpp"
#include "tests/golden/models/tolerances.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/places.hpp"
#include "vision/checkpoint/model_name.hpp"
#include "vision/detect.hpp"
#include "vision/preprocess/npy.hpp"

namespace fovea::golden {
namespace {

namespace fs = std::filesystem;
using compute::ops::Precision;
using nlohmann::json;

const fs::path kData = test::source_dir() / "tests/golden/models/builtin_detector";

class BuiltinDetector : public test::DeviceTest {
 protected:
  std::vector<float> answer(Precision precision) {
    return golden::answer(device(), checkpoint_, precision, kData / "smear.png");
  }

  vision::Checkpoint checkpoint_ =
      vision::Checkpoint::open(vision::find_model("fovea-yolos-bccd").folder);
};

TEST_F(BuiltinDetector, AnswersAsTheReferenceDoes) {
  const vision::NpyArray expected = vision::read_npy(kData / "answers.npy");
  const auto [least, most] = std::ranges::minmax(expected.values);
  // Its weights are fp16 on disk, so both precisions compute with the same ones.
  for (const Precision precision : {Precision::fp32, Precision::fp16}) {
    const std::vector<float> found = answer(precision);
    EXPECT_THAT(found, testing::Pointwise(testing::FloatNear(static_cast<float>(2 * kFp32Tolerance *
                                                                                (most - least))),
                                          expected.values));
  }
}

TEST_F(BuiltinDetector, FindsTheDrawnCells) {
  std::ifstream file(kData / "detections.json");
  const json golden = json::parse(file), expected = golden.at("objects");
  const int tokens = checkpoint_.config().detection_tokens;
  const auto objects = vision::detected_objects(
      answer(Precision::fp32), checkpoint_.config().labels, tokens, golden.at("threshold"),
      golden.at("size").at(1), golden.at("size").at(0));
  ASSERT_EQ(objects.size(), expected.size());
  ASSERT_GE(objects.size(), 5u);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(objects[i].id, expected[i].at("id").get<int>());
    EXPECT_NEAR(objects[i].score, expected[i].at("score").get<double>(), 1e-4);
    const std::vector<double> box = expected[i].at("box");
    const auto inside = [](double v, double end) { return std::clamp(v, 0.0, end); };
    EXPECT_NEAR(objects[i].box.x1, inside(box[0], golden.at("size").at(1)), 0.02);
    EXPECT_NEAR(objects[i].box.y1, inside(box[1], golden.at("size").at(0)), 0.02);
    EXPECT_NEAR(objects[i].box.x2, inside(box[2], golden.at("size").at(1)), 0.02);
    EXPECT_NEAR(objects[i].box.y2, inside(box[3], golden.at("size").at(0)), 0.02);
  }
}

}  // namespace
}  // namespace fovea::golden
