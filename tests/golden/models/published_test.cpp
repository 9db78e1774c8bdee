// SPDX-License-Identifier: Apache-2.0
// The numbers that the reference implementation's own tests publish for one COCO picture
// (transformers, tests/models/{vit,deit}/test_modeling_*.py). They need the real weights in the
// Hugging Face cache and the picture in $FOVEA_DATA/parity; each test is skipped where not.
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "compute/error.hpp"
#include "tests/support/device_fixture.hpp"
#include "vision/checkpoint/model_name.hpp"
#include "vision/classify.hpp"
#include "vision/inference.hpp"
#include "vision/preprocess/preprocessor.hpp"

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

fs::path picture_path() {
  const char* data = std::getenv("FOVEA_DATA");
  const fs::path root =
      data != nullptr ? fs::path(data) : fs::path(FOVEA_TEST_SOURCE_DIR) / "../shared/datasets";
  return root / "parity/000000039769.png";
}

class PublishedNumbers : public test::DeviceTest, public testing::WithParamInterface<Published> {
 protected:
  std::vector<float> logits(const vision::Checkpoint& checkpoint, Precision precision) {
    cv::Mat rgb;
    cv::cvtColor(cv::imread(picture_path().string(), cv::IMREAD_COLOR), rgb, cv::COLOR_BGR2RGB);
    vision::Inference inference(device(), checkpoint, {.precision = precision});
    vision::Pending pending = inference.begin(1);
    vision::ResampleScratch scratch;
    vision::Preprocessor(checkpoint.preprocess()).resize({rgb}, pending.input(0), scratch);
    pending.submit();
    const auto found = pending.finish();
    return {found.begin(), found.end()};
  }
};

TEST_P(PublishedNumbers, AreOurs) {
  if (!fs::exists(picture_path())) GTEST_SKIP() << "no " << picture_path();
  std::optional<fs::path> folder;
  try {
    folder = vision::find_model(GetParam().model).folder;
  } catch (const ModelError&) {
    GTEST_SKIP() << GetParam().model << " is not in the cache: fovea models pull "
                 << GetParam().model;
  }
  const auto checkpoint = vision::Checkpoint::open(*folder);
  const std::vector<float> fp32 = logits(checkpoint, Precision::fp32);
  for (std::size_t i = 0; i < GetParam().first_logits.size(); ++i) {
    // Printed with four decimals (5e-5); the reference's own test allows 1e-4.
    EXPECT_NEAR(fp32[i], GetParam().first_logits[i], 1.5e-4) << "logit " << i;
  }
  const auto& names = checkpoint.config().labels;
  const int best = vision::top_labels(fp32, names, 1).front().id;
  if (GetParam().top1.has_value()) {
    EXPECT_EQ(best, *GetParam().top1) << names[static_cast<std::size_t>(best)];
  }
  EXPECT_EQ(vision::top_labels(logits(checkpoint, Precision::fp16), names, 1).front().id, best);
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

}  // namespace
}  // namespace fovea::golden
