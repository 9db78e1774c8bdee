// SPDX-License-Identifier: Apache-2.0
// What models promise besides their numbers.
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "tests/golden/models/golden_model.hpp"
#include "tests/support/device_fixture.hpp"
#include "vision/models/vit.hpp"

namespace fovea::golden {
namespace {

using compute::ops::Precision;

class VitModel : public test::DeviceTest {
 protected:
  /// Of pictures of 32x32, for a batch of `image`.
  compute::Program build(const compute::Shape& image) {
    compute::ProgramBuilder builder(device(), "vit");
    builder.output("logits", model_.forward(builder, builder.input("images", {image}), positions_));
    return std::move(builder).build(1);
  }

  GoldenModel golden_ = load_golden("vit-plain");
  vision::Checkpoint checkpoint_ = vision::Checkpoint::open(golden_.folder);
  compute::ConstantStore store_{device()};
  vision::VitModel model_{device(), store_, checkpoint_, Precision::fp32};
  vision::Positions positions_ = model_.positions(store_, {32, 32});
};

TEST_F(VitModel, AppendsTheSameStepsEachTime) {
  EXPECT_EQ(build({2, 3, 32, 32}).describe(), build({2, 3, 32, 32}).describe());
}

TEST_F(VitModel, StepsCarryTheCheckpointsNames) {
  const compute::Program program = build({1, 3, 32, 32});
  std::vector<std::string> names;
  for (const compute::Step& step : program.steps()) names.push_back(step.name);
  EXPECT_THAT(names,
              testing::IsSupersetOf({"embeddings.patch_embeddings.projection", "embeddings.tokens",
                                     "encoder.layer.0.layernorm_before",
                                     "encoder.layer.2.attention.qkv", "encoder.layer.1.attention",
                                     "encoder.layer.0.output.dense", "classifier"}));
}

TEST_F(VitModel, OnlyTheRowThatTheHeadReadsIsNormalised) {
  const compute::Program program = build({4, 3, 32, 32});
  for (const compute::Step& step : program.steps()) {
    if (step.name != "layernorm") continue;
    EXPECT_EQ(step.writes.at(0).shape(), (compute::Shape{4, 32}));
    return;
  }
  FAIL() << "no final norm";
}

// The last block then computes one row, two, those of the detection tokens or all; a head that saw
// another row would differ by far more than the order of a sum can do.
class LastBlock : public test::DeviceTest, public testing::WithParamInterface<const char*> {};

TEST_P(LastBlock, RowsThatNobodyReadsChangeNothing) {
  const GoldenModel golden = load_golden(GetParam());
  const vision::Checkpoint checkpoint = vision::Checkpoint::open(golden.folder);
  const auto height = checkpoint.config().image_h, width = checkpoint.config().image_w;
  std::vector<float> pixels(static_cast<std::size_t>(2 * 3 * height * width));
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    pixels[i] = static_cast<float>(i % 97) / 48.0f - 1.0f;
  }
  compute::ConstantStore store(device());
  const auto model = vision::make_model(device(), store, checkpoint, Precision::fp32);
  const vision::Positions positions = model->positions(store, {height, width});
  const auto logits = [&](vision::VitTaps taps) {
    compute::ProgramBuilder builder(device(), "vit");
    const compute::Tensor images = builder.input("images", {{2, 3, height, width}});
    builder.output("logits", model->forward(builder, images, positions, taps));
    compute::Program program = std::move(builder).build(1);
    compute::Run run = program.begin();
    std::memcpy(run.input("images").data(), pixels.data(), pixels.size() * sizeof(float));
    run.submit();
    run.wait();
    const auto bytes = run.output("logits");
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  };
  EXPECT_THAT(logits(vision::VitTaps::none),
              testing::Pointwise(testing::FloatNear(1e-5f), logits(vision::VitTaps::blocks)));
}

INSTANTIATE_TEST_SUITE_P(Heads, LastBlock,
                         testing::Values("vit-plain", "deit-distilled", "timm-registers-average",
                                         "yolos-own-grid", "yolos-mid-positions"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST_F(VitModel, APictureSmallerThanAPatchIsRefused) {
  EXPECT_THROW(model_.positions(store_, {7, 32}), ModelError);
  EXPECT_THROW(model_.positions(store_, {32, 7}), ModelError);
}

TEST_F(VitModel, AnImageOfAnotherSizeIsRefused) {
  EXPECT_THROW(build({1, 3, 32, 40}), ShapeError);
  EXPECT_THROW(build({1, 1, 32, 32}), ShapeError);
  EXPECT_THROW(build({3, 32, 32}), ShapeError);
}

}  // namespace
}  // namespace fovea::golden
