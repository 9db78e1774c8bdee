// SPDX-License-Identifier: Apache-2.0
// Each refusal as the text a reader gets.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compute/ops/launch.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"

namespace fovea::test {
namespace {

using compute::DType;
using compute::ProgramBuilder;
using compute::Shape;
using compute::Tensor;
using compute::TensorSpec;
namespace ops = compute::ops;

class ShapeErrorsTest : public DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) {
      builder_.emplace(device(), "test");
      store_.emplace(device());
    }
  }
  void TearDown() override {
    builder_.reset();
    store_.reset();
    DeviceTest::TearDown();
  }
  Tensor input(const Shape& shape, DType dtype = DType::f32) {
    return builder_->input("input", {shape, dtype});
  }
  ops::Linear weights(std::int64_t out, std::int64_t in) {
    const std::vector<float> values(static_cast<std::size_t>(out * in));
    return upload_linear(device(), *store_, "blocks.0.fc1", out, in, values, {},
                         ops::Precision::fp32);
  }
  ProgramBuilder& p() { return *builder_; }

  std::optional<ProgramBuilder> builder_;
  std::optional<compute::ConstantStore> store_;
};

TEST_F(ShapeErrorsTest, Linear) {
  const auto w = weights(8, 16);
  EXPECT_EQ(error_text([&] {
              ops::linear(p(), input({2, 197, 12}), w);
            }),
            "linear: x [2, 197, 12] has 12 channels, the weight takes 16\n"
            "  where: blocks.0.fc1\n"
            "  fix:   pass the tensor this weight was trained on");
  EXPECT_EQ(error_text([&] {
              ops::linear(p(), input({2, 16}, DType::u8), w);
            }),
            "linear: x is u8, not f32\n  where: x [2, 16]\n  fix:   convert it to f32 first");
  EXPECT_EQ(error_text([&] { ops::linear(p(), input({}), w); }),
            "linear: x [] has 0 axes, not at least one\n"
            "  where: x []\n"
            "  fix:   pass the tensor the header describes");
  EXPECT_EQ(error_text([&] {
              ops::linear_add(p(), input({2, 16}), w, input({2, 9}));
            }),
            "linear_add: residual [2, 9] and the product [2, 8] differ\n"
            "  where: blocks.0.fc1\n"
            "  fix:   add a tensor of the product's shape");
}

TEST_F(ShapeErrorsTest, UploadLinear) {
  const std::vector<float> values(12);
  EXPECT_EQ(error_text([&] {
              upload_linear(device(), *store_, "head", 3, 5, values, {}, ops::Precision::fp32);
            }),
            "linear: weight has 12 values, [3, 5] wants 15\n"
            "  where: head\n"
            "  fix:   pass the weight as [N, K], row by row");
  EXPECT_EQ(error_text([&] {
              upload_linear(device(), *store_, "head", 3, 4, values, std::vector<float>(2),
                            ops::Precision::fp32);
            }),
            "linear: bias has 2 values, not 3\n"
            "  where: head\n"
            "  fix:   pass one value per output, or none");
}

TEST_F(ShapeErrorsTest, LinearRefusesALoopThatDriversWouldCutShort) {
  const auto w = weights(1, 200'000);
  EXPECT_THAT(error_text([&] {
                ops::linear(p(), input({1, 200'000}), w);
              }),
              ::testing::MatchesRegex("linear: an invocation would loop [0-9]+ times, drivers "
                                      "allow about 40000 in safety\n"
                                      "  where: blocks.0.fc1\n"
                                      "  fix:   use a model with smaller axes"));
}

TEST_F(ShapeErrorsTest, LayerNorm) {
  const std::vector<float> four(4), five(5);
  EXPECT_EQ(error_text([&] { ops::upload_layer_norm(*store_, "norm1", four, five, 1e-6f); }),
            "layer_norm: gamma has 4 values, beta 5\n"
            "  where: norm1\n"
            "  fix:   pass one gamma and one beta per channel");
  const auto w = ops::upload_layer_norm(*store_, "norm1", four, four, 1e-6f);
  EXPECT_EQ(error_text([&] {
              ops::layer_norm(p(), input({2, 5}), w);
            }),
            "layer_norm: x [2, 5] has 5 channels, gamma has 4\n"
            "  where: norm1\n"
            "  fix:   pass the tensor this layer was trained on");
}

TEST_F(ShapeErrorsTest, Attention) {
  EXPECT_EQ(error_text([&] {
              ops::attention(p(), input({2, 7, 30}), 4);
            }),
            "attention: 30 channels are not 3 x 4 heads\n"
            "  where: qkv [2, 7, 30], 4 heads\n"
            "  fix:   use a number of heads that divides the channels");
  EXPECT_EQ(error_text([&] {
              ops::attention(p(), input({2, 7, 768}), 1);
            }),
            "attention: 256 channels a head, at most 128 are supported\n"
            "  where: qkv [2, 7, 768], 1 heads\n"
            "  fix:   use a model with more heads");
  EXPECT_EQ(error_text([&] {
              ops::attention(p(), input({7, 24}), 1);
            }),
            "attention: qkv [7, 24] has 2 axes, not 3\n"
            "  where: qkv [7, 24]\n"
            "  fix:   pass the tensor the header describes");
}

TEST_F(ShapeErrorsTest, Patches) {
  EXPECT_EQ(error_text([&] {
              ops::patches(p(), input({1, 4, 32, 32}), 16, 16);
            }),
            "patches: the image has 4 channels, not 3\n"
            "  where: image [1, 4, 32, 32], patches of 16 x 16\n"
            "  fix:   pass [B, 3, H, W], or pixels [B, H, W, 3]");
  EXPECT_EQ(error_text([&] {
              ops::patches(p(), input({1, 3, 32, 15}), 16, 16);
            }),
            "patches: no 16 x 16 patch fits into 32 x 15 pixels\n"
            "  where: image [1, 3, 32, 15], patches of 16 x 16\n"
            "  fix:   use a larger image or smaller patches");
}

TEST_F(ShapeErrorsTest, PatchesOfPixels) {
  const auto values = ops::upload_table(*store_, "values", {3, 256}, std::vector<float>(768));
  EXPECT_EQ(error_text([&] {
              ops::patches(p(), ops::Pixels{input({1, 32, 32, 3}), values}, 16, 16);
            }),
            "patches: the pixels are f32 [1, 32, 32, 3]\n"
            "  where: pixels\n"
            "  fix:   pass [B, H, W, 3] u8");
  EXPECT_EQ(error_text([&] {
              ops::patches(p(), ops::Pixels{input({1, 3, 32, 32}, DType::u8), values}, 16, 16);
            }),
            "patches: the image has 32 channels, not 3\n"
            "  where: image [1, 3, 32, 32], patches of 16 x 16\n"
            "  fix:   pass [B, 3, H, W], or pixels [B, H, W, 3]");
  const auto short_values = ops::upload_table(*store_, "short", {3, 2}, std::vector<float>(6));
  EXPECT_EQ(
      error_text([&] {
        ops::patches(p(), ops::Pixels{input({1, 32, 32, 3}, DType::u8), short_values}, 16, 16);
      }),
      "patches: the values of a byte are [3, 2]\n"
      "  where: short\n"
      "  fix:   pass [3, 256], one row per channel");
}

TEST_F(ShapeErrorsTest, Tokens) {
  const auto positions = ops::upload_table(*store_, "pos", {5, 8}, std::vector<float>(40));
  const auto prefix = ops::upload_table(*store_, "cls", {1, 6}, std::vector<float>(6));
  EXPECT_EQ(error_text([&] {
              ops::tokens(p(), input({1, 9, 8}), {}, positions);
            }),
            "tokens: positions [5, 8] do not fit 9 tokens of 8 channels\n"
            "  where: pos\n"
            "  fix:   resize the position embeddings to the image's grid first");
  EXPECT_EQ(error_text([&] {
              ops::tokens(p(), input({1, 4, 8}), prefix, positions);
            }),
            "tokens: prefix [1, 6] and x [1, 4, 8] differ in channels\n"
            "  where: cls\n"
            "  fix:   use a prefix of x's channels");
  EXPECT_EQ(error_text([&] {
              ops::upload_table(*store_, "pos", {2, 3}, std::vector<float>(5));
            }),
            "table: 5 values do not fill [2, 3]\n"
            "  where: pos\n"
            "  fix:   pass one value per element of the shape");
}

TEST_F(ShapeErrorsTest, SelectMeanAverage) {
  EXPECT_EQ(error_text([&] {
              ops::select_token(p(), input({1, 4, 8}), 4);
            }),
            "select_token: there is no token 4 in [1, 4, 8]\n"
            "  where: x [1, 4, 8]\n"
            "  fix:   select one of 0..3");
  EXPECT_EQ(error_text([&] {
              ops::mean_tokens(p(), input({1, 4, 8}), -1);
            }),
            "mean_tokens: no token from -1 on in [1, 4, 8]\n"
            "  where: x [1, 4, 8]\n"
            "  fix:   start at one of 0..3");
  EXPECT_EQ(error_text([&] {
              ops::average(p(), input({1, 4}), input({4, 1}));
            }),
            "average: a [1, 4] and b [4, 1] differ\n"
            "  where: average\n"
            "  fix:   average tensors of one shape");
}

}  // namespace
}  // namespace fovea::test
