// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "vision/checkpoint/json_file.hpp"
#include "vision/checkpoint/model_config.hpp"

namespace fovea::vision {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Shapes = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;

/// vit_small at 16 pixels, 4 patches: what the config is derived from.
Shapes small_vit() {
  return {{"cls_token", {1, 1, 384}},
          {"pos_embed", {1, 5, 384}},
          {"patch_embed.proj.weight", {384, 3, 8, 8}},
          {"blocks.0.norm1.weight", {384}},
          {"blocks.0.norm1.bias", {384}},
          {"blocks.1.norm1.weight", {384}},
          {"blocks.0.attn.qkv.bias", {1152}},
          {"blocks.0.mlp.fc1.weight", {1536, 384}},
          {"head.weight", {3, 384}}};
}

void change(Shapes& shapes, const std::string& name, std::vector<std::int64_t> shape) {
  for (auto& entry : shapes) {
    if (entry.first == name) entry.second = shape;
  }
}

void remove(Shapes& shapes, const std::string& name) {
  std::erase_if(shapes, [&](const auto& entry) { return entry.first == name; });
}

VitConfig read(const Shapes& shapes, const std::string& architecture = "vit_small_patch8_224",
               const std::string& more = "") {
  WeightFiles weights;
  for (const auto& [name, shape] : shapes) {
    StoredTensor tensor;
    tensor.name = name;
    tensor.shape = shape;
    weights.tensors.push_back(tensor);
  }
  const std::string json = R"({"architecture":")" + architecture +
                           R"(","pretrained_cfg":{"input_size":[3,16,16]})" + more + "}";
  const auto config = parse_json(json, "test");
  EXPECT_TRUE(is_timm_config(config));
  return timm_config(config, weights, "config.json");
}

std::string refusal(const Shapes& shapes, const std::string& architecture = "vit_small_patch8_224",
                    const std::string& more = "") {
  try {
    read(shapes, architecture, more);
  } catch (const ModelError& error) {
    return error.what();
  }
  ADD_FAILURE() << architecture << more << " was accepted";
  return {};
}

TEST(TimmConfig, DerivesThePlainViTFromItsTensors) {
  const VitConfig config = read(small_vit());
  EXPECT_EQ(config.family, "timm");
  EXPECT_EQ(config.hidden_size, 384);
  EXPECT_EQ(config.heads, 6);
  EXPECT_EQ(config.layers, 2);
  EXPECT_EQ(config.mlp_size, 1536);
  EXPECT_EQ(config.tokens(), 5);
  EXPECT_TRUE(config.qkv_bias);
  EXPECT_TRUE(config.class_token);
  EXPECT_TRUE(config.positions_cover_prefix);
  EXPECT_FALSE(config.layer_scale);
  EXPECT_FLOAT_EQ(config.layer_norm_epsilon, 1e-6f);
  EXPECT_EQ(config.position_resampling, PositionResampling::bicubic_antialias);
  EXPECT_EQ(config.pooling, Pooling::cls);
  EXPECT_THAT(config.labels, ElementsAre("LABEL_0", "LABEL_1", "LABEL_2"));
}

TEST(TimmConfig, SeesPositionsOnPatchesOnly) {
  Shapes shapes = small_vit();
  change(shapes, "pos_embed", {1, 4, 384});
  shapes.push_back({"blocks.0.ls1.gamma", {384}});
  const VitConfig config = read(shapes, "deit3_small_patch16_224");
  EXPECT_FALSE(config.positions_cover_prefix);
  EXPECT_TRUE(config.layer_scale);
}

TEST(TimmConfig, SeesMeanPoolingWithRegisters) {
  Shapes shapes = small_vit();
  remove(shapes, "cls_token");
  remove(shapes, "blocks.0.attn.qkv.bias");
  change(shapes, "pos_embed", {1, 4, 384});
  shapes.push_back({"reg_token", {1, 4, 384}});
  shapes.push_back({"fc_norm.weight", {384}});
  const VitConfig config =
      read(shapes, "vit_medium_patch16_reg4_gap_256", R"(,"global_pool":"avg")");
  EXPECT_EQ(config.heads, 8);
  EXPECT_EQ(config.register_tokens, 4);
  EXPECT_EQ(config.tokens(), 8);
  EXPECT_FALSE(config.class_token);
  EXPECT_FALSE(config.qkv_bias);
  EXPECT_FALSE(config.positions_cover_prefix);
  EXPECT_TRUE(config.final_norm_after_pool);
  EXPECT_EQ(config.pooling, Pooling::mean_patches);
}

TEST(TimmConfig, SeesTheDistilledPair) {
  Shapes shapes = small_vit();
  shapes.push_back({"dist_token", {1, 1, 384}});
  change(shapes, "pos_embed", {1, 6, 384});
  const VitConfig config = read(shapes, "deit_small_distilled_patch16_224");
  EXPECT_TRUE(config.distillation_token);
  EXPECT_EQ(config.tokens(), 6);
  EXPECT_EQ(config.pooling, Pooling::cls_and_distilled);
}

TEST(TimmConfig, TakesModelArgumentsAndLabels) {
  Shapes shapes = small_vit();
  change(shapes, "pos_embed", {1, 7, 384});
  const VitConfig config =
      read(shapes, "vit_small_patch8_224",
           R"(,"model_args":{"num_heads":4,"img_size":[16,24]},"label_names":["n01","n02","n03"],
               "label_descriptions":{"n02":"goldfish"})");
  EXPECT_EQ(config.heads, 4);
  EXPECT_EQ(config.image_w, 24);
  EXPECT_THAT(config.labels, ElementsAre("n01", "goldfish", "n03"));
}

// timm's own definitions, as timm.create_model() gives them.
TEST(TimmConfig, KnowsTheHeadsOfEachFamily) {
  const std::pair<const char*, int> known[] = {{"vit_tiny_patch16_224", 3},
                                               {"vit_base_patch16_224", 12},
                                               {"vit_base_patch16_gap_224", 16},
                                               {"vit_base_patch16_plus_240", 14},
                                               {"vit_large_patch16_384", 16},
                                               {"vit_huge_patch14_224", 16},
                                               {"vit_small_patch16_36x1_224", 6},
                                               {"vit_so150m2_patch16_reg1_gap_256", 13},
                                               {"vit_so150m_patch16_reg4_gap_256", 14},
                                               {"deit_tiny_patch16_224", 3},
                                               {"deit3_medium_patch16_224", 8},
                                               {"flexivit_large", 16},
                                               {"vit_betwixt_patch16_reg4_gap_256", 10}};
  for (const auto& [name, heads] : known) {
    Shapes shapes = small_vit();
    // A width that every number of heads divides.
    change(shapes, "patch_embed.proj.weight", {3 * 5 * 7 * 13 * 16, 3, 8, 8});
    EXPECT_EQ(read(shapes, name).heads, heads) << name;
  }
}

TEST(TimmConfig, RefusesOtherModelsByName) {
  EXPECT_THAT(refusal(small_vit(), "resnet50"),
              HasSubstr("timm architecture 'resnet50' is not supported"));
  // The same tensor names as a plain ViT, another formula.
  EXPECT_THAT(refusal(small_vit(), "vit_base_patch16_rpn_224"), HasSubstr("not supported"));
  Shapes shapes = small_vit();
  shapes.push_back({"attn_pool.latent", {1, 1, 384}});
  EXPECT_THAT(refusal(shapes), HasSubstr("attention pooling (global_pool 'map')"));
  shapes.back() = {"norm_pre.weight", {384}};
  EXPECT_THAT(refusal(shapes), HasSubstr("a norm before the blocks (CLIP)"));
  EXPECT_THAT(refusal(small_vit(), "vit_small_patch8_224", R"(,"global_pool":"avgmax")"),
              HasSubstr("global_pool 'avgmax'"));
  EXPECT_THAT(refusal(small_vit(), "vit_small_patch8_224", R"(,"model_args":{"act_layer":"relu"})"),
              HasSubstr("timm model argument 'act_layer'"));
  shapes = small_vit();
  remove(shapes, "blocks.0.norm1.bias");
  EXPECT_THAT(refusal(shapes), HasSubstr("RMSNorm"));
  shapes = small_vit();
  remove(shapes, "head.weight");
  EXPECT_THAT(refusal(shapes), HasSubstr("no classifier head"));
}

TEST(TimmConfig, RefusesImpossibleShapes) {
  Shapes shapes = small_vit();
  change(shapes, "patch_embed.proj.weight", {384, 3, 0, 8});
  EXPECT_THAT(refusal(shapes), HasSubstr("the patch height is 0"));
  change(shapes, "patch_embed.proj.weight", {384});
  EXPECT_THAT(refusal(shapes), HasSubstr("expected 4 axes"));
  shapes = small_vit();
  change(shapes, "head.weight", {4, 384});
  EXPECT_THAT(refusal(shapes, "vit_small_patch8_224", R"(,"num_classes":3)"),
              HasSubstr("'num_classes' is 3"));
}

}  // namespace
}  // namespace fovea::vision
