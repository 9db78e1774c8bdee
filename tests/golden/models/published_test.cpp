// SPDX-License-Identifier: Apache-2.0
// The numbers that the reference implementation's own tests publish for one COCO picture
// (transformers, tests/models/{vit,deit}/test_modeling_*.py). They need the real weights in the
// Hugging Face cache and the picture in $FOVEA_DATA/parity; each test is skipped where not.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "tests/golden/models/picture_answer.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/places.hpp"
#include "vision/checkpoint/model_name.hpp"
#include "vision/classify.hpp"
#include "vision/detect.hpp"

namespace fovea::golden {
namespace {

namespace fs = std::filesystem;
using compute::ops::Precision;

struct Published {
  const char* test;
  const char* model;
  std::vector<float> first_logits;
  std::optional<int> top1;
};

void PrintTo(const Published& published, std::ostream* out) { *out << published.model; }

fs::path picture_path() { return test::shared_data_dir() / "parity/000000039769.png"; }

class PublishedNumbers : public test::DeviceTest, public testing::WithParamInterface<Published> {};

/// The model's folder; nothing where it is not in the cache.
std::optional<fs::path> cached(const char* model) {
  try {
    return vision::find_model(model).folder;
  } catch (const ModelError&) {
    return std::nullopt;
  }
}

TEST_P(PublishedNumbers, AreOurs) {
  if (!fs::exists(picture_path())) GTEST_SKIP() << "no " << picture_path();
  const std::optional<fs::path> folder = cached(GetParam().model);
  if (!folder) {
    GTEST_SKIP() << GetParam().model << " is not in the cache: fovea models pull "
                 << GetParam().model;
  }
  const auto checkpoint = vision::Checkpoint::open(*folder);
  const std::vector<float> fp32 = answer(device(), checkpoint, Precision::fp32, picture_path());
  for (std::size_t i = 0; i < GetParam().first_logits.size(); ++i) {
    // Printed with four decimals (5e-5); the reference's own test allows 1e-4.
    EXPECT_NEAR(fp32[i], GetParam().first_logits[i], 1.5e-4) << "logit " << i;
  }
  const auto& names = checkpoint.config().labels;
  const int best = vision::top_labels(fp32, names, 1).front().id;
  if (GetParam().top1.has_value()) {
    EXPECT_EQ(best, *GetParam().top1) << names[static_cast<std::size_t>(best)];
  }
  EXPECT_EQ(
      vision::top_labels(answer(device(), checkpoint, Precision::fp16, picture_path()), names, 1)
          .front()
          .id,
      best);
}

INSTANTIATE_TEST_SUITE_P(Coco, PublishedNumbers,
                         testing::Values(Published{"ViT",
                                                   "google/vit-base-patch16-224",
                                                   {-0.2744f, 0.8215f, -0.0836f},
                                                   285},
                                         Published{"DeiTDistilled",
                                                   "facebook/deit-base-distilled-patch16-224",
                                                   {-1.0266f, 0.1912f, -1.2861f},
                                                   std::nullopt}),
                         [](const auto& test) { return std::string(test.param.test); });

class PublishedDetections : public test::DeviceTest {};

// transformers, tests/models/yolos/test_modeling_yolos.py.
TEST_F(PublishedDetections, OfYolosSmallAreOurs) {
  constexpr const char* kModel = "hustvl/yolos-small";
  if (!fs::exists(picture_path())) GTEST_SKIP() << "no " << picture_path();
  const std::optional<fs::path> folder = cached(kModel);
  if (!folder) GTEST_SKIP() << kModel << " is not in the cache: fovea models pull " << kModel;
  const auto checkpoint = vision::Checkpoint::open(*folder);
  const std::vector<float> found = answer(device(), checkpoint, Precision::fp32, picture_path());

  constexpr std::size_t kLogits = 92, kRow = kLogits + 4;
  ASSERT_EQ(found.size(), 100 * kRow);
  constexpr float kLogitsOf[3][3] = {{-23.7215f, -10.3157f, -14.9062f},
                                     {-41.5453f, -15.2413f, -24.1479f},
                                     {-29.4172f, -12.7263f, -19.4834f}};
  constexpr double kBoxesOf[3][3] = {
      {0.2536, 0.5449, 0.4643}, {0.2038, 0.7735, 0.3670}, {0.7692, 0.4056, 0.4549}};
  for (std::size_t token = 0; token < 3; ++token) {
    for (std::size_t i = 0; i < 3; ++i) {
      // Printed with four decimals; the reference's own test allows 1e-4.
      EXPECT_NEAR(found[token * kRow + i], kLogitsOf[token][i], 1.5e-4) << token << ", " << i;
      const double box = 1 / (1 + std::exp(-double{found[token * kRow + kLogits + i]}));
      EXPECT_NEAR(box, kBoxesOf[token][i], 1.5e-4) << token << ", " << i;
    }
  }

  const auto objects =
      vision::detected_objects(found, checkpoint.config().labels, 100, 0.3, 640, 480);
  std::vector<int> ids;
  std::vector<float> scores;
  for (const vision::Object& object : objects) {
    ids.push_back(object.id);
    scores.push_back(object.score);
  }
  // As published, best first.
  EXPECT_THAT(ids, testing::ElementsAre(75, 17, 63, 17, 75));
  EXPECT_THAT(scores, testing::Pointwise(testing::FloatNear(1.5e-4f),
                                         {0.9991f, 0.9977f, 0.9875f, 0.9848f, 0.9801f}));
  const vision::Box& box = objects.at(0).box;
  EXPECT_THAT(
      (std::vector<float>{box.x1, box.y1, box.x2, box.y2}),
      testing::Pointwise(testing::FloatNear(0.05f), {331.8438f, 80.5440f, 369.9546f, 188.0579f}));
}

}  // namespace
}  // namespace fovea::golden
