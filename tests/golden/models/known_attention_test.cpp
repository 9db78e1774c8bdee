// SPDX-License-Identifier: Apache-2.0
// A model made by hand: head 0 of its class token looks at the brightest patch, head 1 at all
// tokens alike, and the first class's score is what head 0 saw. Its peak must be where the bright
// place of the original picture is, through resize and crop.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/device_fixture.hpp"
#include "tests/unit/checkpoint/model_folder.hpp"
#include "vision/attend/map_back.hpp"
#include "vision/attend/masking.hpp"
#include "vision/inference.hpp"
#include "vision/preprocess/preprocessor.hpp"

namespace fovea::golden {
namespace {

using testing_support::TensorEntry;

constexpr std::size_t kWidth = 8, kPatch = 8;
constexpr std::string_view kConfig =
    R"({"model_type":"vit","architectures":["ViTForImageClassification"],"hidden_size":8,
        "num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":8,"image_size":32,
        "patch_size":8,"id2label":{"0":"bright","1":"dark"}})";
constexpr std::string_view kNormalise =
    R"("rescale_factor":0.00392156862745098,"image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5],
       "resample":2)";

/// Names and shapes, and what is not zero of them.
std::vector<TensorEntry> tensors() {
  struct Named {
    std::string name;
    std::vector<std::int64_t> shape;
  };
  std::vector<Named> all{{"vit.embeddings.cls_token", {1, 1, 8}},
                         {"vit.embeddings.position_embeddings", {1, 17, 8}},
                         {"vit.embeddings.patch_embeddings.projection.weight", {8, 3, 8, 8}},
                         {"vit.embeddings.patch_embeddings.projection.bias", {8}},
                         {"vit.layernorm.weight", {8}},
                         {"vit.layernorm.bias", {8}},
                         {"classifier.weight", {2, 8}},
                         {"classifier.bias", {2}}};
  const std::string layer = "vit.encoder.layer.0.";
  for (const char* name :
       {"attention.attention.query", "attention.attention.key", "attention.attention.value",
        "attention.output.dense", "intermediate.dense", "output.dense"}) {
    all.push_back({layer + name + ".weight", {8, 8}});
    all.push_back({layer + name + ".bias", {8}});
  }
  for (const char* name : {"layernorm_before", "layernorm_after"}) {
    all.push_back({layer + name + ".weight", {8}});
    all.push_back({layer + name + ".bias", {8}});
  }

  std::map<std::string, std::vector<float>> values;
  for (const auto& [name, shape] : all) {
    std::size_t count = 1;
    for (const std::int64_t axis : shape) count *= static_cast<std::size_t>(axis);
    const bool ones = name.find("norm") != std::string::npos && name.ends_with("weight");
    values[name].assign(count, ones ? 1.0f : 0.0f);
  }
  // A patch's token is (brightness -1..1, 1, -1, 0 ...), so that brightness outlives LayerNorm.
  // CLS is like a dark patch.
  auto& projection = values.at("vit.embeddings.patch_embeddings.projection.weight");
  std::fill_n(projection.begin(), 3 * kPatch * kPatch, 1.0f / (3 * kPatch * kPatch));
  auto& bias = values.at("vit.embeddings.patch_embeddings.projection.bias");
  bias[1] = 1;
  bias[2] = -1;
  auto& cls = values.at("vit.embeddings.cls_token");
  cls[0] = -1;
  cls[1] = 1;
  cls[2] = -1;
  // Head 0: a score of about 29 between white and black. Head 1: zeros.
  values.at(layer + "attention.attention.query.bias")[0] = 20;
  values.at(layer + "attention.attention.key.weight")[0] = 1;
  // What it saw goes through value and output to channel 3, and from there to the first class.
  values.at(layer + "attention.attention.value.weight")[0] = 1;
  values.at(layer + "attention.output.dense.weight")[3 * kWidth] = 1;
  values.at("classifier.weight")[3] = 1;

  std::vector<TensorEntry> entries;
  for (const auto& [name, shape] : all) {
    const std::vector<float>& floats = values.at(name);
    entries.push_back(
        {name, "F32", shape, {reinterpret_cast<const char*>(floats.data()), 4 * floats.size()}});
  }
  return entries;
}

struct Case {
  std::string name, processor;
  cv::Size picture;
  cv::Rect bright;  // in the original
  int row, column;  // its patch
};

std::vector<Case> cases() {
  const std::string cropped =
      R"({"image_processor_type":"BitImageProcessor","size":{"shortest_edge":40},
          "crop_size":{"height":32,"width":32},)" +
      std::string(kNormalise) + "}";
  const std::string stretched =
      R"({"image_processor_type":"ViTImageProcessor","size":{"height":32,"width":32},)" +
      std::string(kNormalise) + "}";
  return {
      // 80x40, seen from column 24 and row 4; a pixel of it is three of the original.
      {"wide", cropped, {240, 120}, {120, 36, 24, 24}, 1, 2},
      {"tall", cropped, {120, 240}, {12, 144, 24, 24}, 3, 0},
      {"corner", cropped, {240, 120}, {144, 84, 24, 24}, 3, 3},
      {"stretched", stretched, {128, 64}, {32, 32, 32, 16}, 2, 1},
  };
}

class KnownAttention : public test::DeviceTest, public testing::WithParamInterface<Case> {
 protected:
  KnownAttention() {
    testing_support::write_file(folder_.path() / "config.json", kConfig);
    testing_support::write_file(folder_.path() / "preprocessor_config.json", GetParam().processor);
    testing_support::write_file(folder_.path() / "model.safetensors",
                                testing_support::safetensors_bytes(tensors()));
  }
  /// Black but for the bright place, resized and cropped.
  std::vector<std::uint8_t> pixels(const vision::Preprocessor& preprocessor) const {
    cv::Mat rgb(GetParam().picture, CV_8UC3, cv::Scalar::all(0));
    rgb(GetParam().bright).setTo(cv::Scalar::all(255));
    std::vector<std::uint8_t> pixels(preprocessor.output_count());
    vision::ResampleScratch scratch;
    preprocessor.resize({rgb}, pixels, scratch);
    return pixels;
  }
  static int peak(std::span<const float> patches) {
    return static_cast<int>(std::ranges::max_element(patches) - patches.begin());
  }

  testing_support::TemporaryFolder folder_;
};

TEST_P(KnownAttention, PeaksWhereTheBrightPlaceIs) {
  const Case& known = GetParam();
  const auto checkpoint = vision::Checkpoint::open(folder_.path());
  const vision::Preprocessor preprocessor(checkpoint.preprocess());
  const vision::MapBack back(preprocessor, checkpoint.config(), known.picture, known.picture);
  for (const auto heads : {vision::AttentionHeads::all, vision::AttentionHeads::mean}) {
    vision::Inference inference(device(), checkpoint,
                                {.attention = vision::AttentionRequest{.heads = heads}});
    vision::Pending pending = inference.begin(1);
    std::ranges::copy(pixels(preprocessor), pending.input(0).begin());
    pending.submit();
    pending.finish();
    const vision::AttentionMaps maps = pending.attention(0);
    ASSERT_EQ(maps.grid, back.grid());
    const int at = peak(maps.patches());
    EXPECT_EQ(back.patch(at / maps.grid.columns, at % maps.grid.columns), cv::Rect2d(known.bright));
    EXPECT_EQ(at, known.row * maps.grid.columns + known.column);
    if (heads == vision::AttentionHeads::mean) continue;
    EXPECT_GT(maps.patches(0, 0)[static_cast<std::size_t>(at)], 0.999f);
    for (const float weight : maps.row(0, 1, 0)) EXPECT_NEAR(weight, 1.0 / 17, 1e-7);
  }
}

TEST_P(KnownAttention, MaskingFindsThePlaceThatTheScoreIsOf) {
  const Case& known = GetParam();
  const auto checkpoint = vision::Checkpoint::open(folder_.path());
  const vision::Preprocessor preprocessor(checkpoint.preprocess());
  vision::TokenMasking masking(device(), checkpoint, {.batch = 5});
  const vision::Relevance relevance =
      masking.relevance(pixels(preprocessor), preprocessor.usual_size());
  EXPECT_EQ(relevance.class_id, 0);
  const auto drops = relevance.drops.patches();
  const int at = peak(drops);
  EXPECT_EQ(at, known.row * relevance.drops.grid.columns + known.column);
  for (int i = 0; i < static_cast<int>(drops.size()); ++i) {
    // The score falls from the bright patch's to that of what is left, a dark one or its fringe;
    // the others had less than a thousandth of the attention.
    if (i == at) {
      EXPECT_GT(drops[static_cast<std::size_t>(i)], 0.1f);
    } else {
      EXPECT_NEAR(drops[static_cast<std::size_t>(i)], 0, 1e-3);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Pictures, KnownAttention, testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace fovea::golden
