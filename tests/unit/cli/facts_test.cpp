// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "pipeline/cli/model_facts.hpp"
#include "pipeline/cli/recipe_text.hpp"
#include "pipeline/cli/sizes.hpp"

namespace fovea::pipeline {
namespace {

TEST(Sizes, AsPeopleReadThem) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(330ULL << 20U), "330.0 MiB");
  EXPECT_EQ(bytes_text(5ULL << 40U), "5.0 TiB");
  EXPECT_EQ(count_text(812), "812");
  EXPECT_EQ(count_text(86'567'656), "86.6 M");
  EXPECT_EQ(count_text(12'345), "12.3 k");
}

TEST(Recipe, InOneLine) {
  vision::PreprocessSpec spec;
  spec.processor = "ViTImageProcessor";
  EXPECT_EQ(recipe_text(spec),
            "ViTImageProcessor: resize to 224 x 224 (bilinear), times 0.00392157, "
            "minus (0.5, 0.5, 0.5), divided by (0.5, 0.5, 0.5)");
  spec.resize = vision::ResizeMode::shortest_edge;
  spec.resample = vision::Resample::bicubic;
  spec.center_crop = true;
  spec.normalize = spec.rescale = false;
  EXPECT_EQ(recipe_text(spec),
            "ViTImageProcessor: shorter side to 224 (bicubic), centre crop 224 x 224");
}

TEST(Facts, MemoryGrowsWithBatchAndShrinksWithPrecision) {
  vision::VitConfig config;  // ViT-B/16 at 224
  config.labels.resize(1000);
  constexpr std::uint64_t kParameters = 86'567'656;
  const auto at = [&](compute::ops::Precision precision, int batch) {
    return estimated_bytes(config, kParameters, precision, batch);
  };
  using compute::ops::Precision;
  EXPECT_GT(at(Precision::fp32, 1), 4 * kParameters);
  EXPECT_LT(at(Precision::fp32, 1), 5 * kParameters);
  EXPECT_GT(at(Precision::fp32, 8), at(Precision::fp32, 1));
  EXPECT_LT(at(Precision::fp16, 1), at(Precision::fp32, 1));
  EXPECT_LT(at(Precision::int8, 1), at(Precision::fp16, 1));
  // All but the patch embedding and the classifier in one byte each.
  EXPECT_GT(at(Precision::int8, 1), kParameters + std::uint64_t{3} * 768 * (768 + 1000));
}

TEST(Facts, AModelThatCannotBeOpenedIsListedWithItsReason) {
  const ModelFacts facts = model_facts({"ghost", "/nonexistent/ghost", "path"});
  EXPECT_FALSE(facts.problem.empty());
  EXPECT_EQ(facts.problem.find('\n'), std::string::npos);
  EXPECT_TRUE(to_json(facts).contains("problem"));
}

}  // namespace
}  // namespace fovea::pipeline
