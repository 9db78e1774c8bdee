// SPDX-License-Identifier: Apache-2.0
// What may be asked of which model, and the way from a patch back to the original picture.
#include "vision/attend/attend.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "vision/attend/map_back.hpp"

namespace fovea::vision {
namespace {

VitConfig classifier() {
  VitConfig config;
  config.architecture = "ViTForImageClassification";
  config.layers = 12;
  config.heads = 3;
  return config;
}

VitConfig detector() {
  VitConfig config = classifier();
  config.architecture = "YolosForObjectDetection";
  config.detection_tokens = 100;
  config.pooling = Pooling::detections;
  return config;
}

std::string refusal(const AttentionRequest& request, const VitConfig& config) {
  try {
    check_attention(request, config);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(AttentionRequestTest, WhatAModelHasMayBeAskedFor) {
  const VitConfig vit = classifier(), yolos = detector();
  EXPECT_EQ(refusal({}, vit), "");
  EXPECT_EQ(refusal({.layers = {-12, 0, 11}}, vit), "");
  EXPECT_EQ(refusal({.heads = AttentionHeads::one, .head = 2}, vit), "");
  EXPECT_EQ(refusal({.method = AttentionMethod::rollout}, vit), "");
  EXPECT_EQ(refusal({.method = AttentionMethod::masking}, vit), "");
  EXPECT_EQ(refusal({.query = AttentionQuery::detections}, yolos), "");
}

TEST(AttentionRequestTest, WhatItLacksIsRefusedWithAReason) {
  const VitConfig vit = classifier();
  EXPECT_EQ(refusal({.layers = {12}}, vit),
            "there is no layer 12\n"
            "  where: attention of ViTForImageClassification\n"
            "  fix:   the model has layers 0 to 11; -1 is the last, -12 the first");
  EXPECT_EQ(refusal({.layers = {}}, vit),
            "attention of no layer\n"
            "  where: attention of ViTForImageClassification\n"
            "  fix:   name one, -1 is the last");
  EXPECT_EQ(refusal({.heads = AttentionHeads::one, .head = 3}, vit),
            "there is no head 3\n"
            "  where: attention of ViTForImageClassification\n"
            "  fix:   the model has heads 0 to 2");
  EXPECT_EQ(refusal({.method = AttentionMethod::rollout, .heads = AttentionHeads::all}, vit),
            "rollout of single heads\n"
            "  where: attention of ViTForImageClassification\n"
            "  fix:   use the method raw, or leave the choice of heads out");
  EXPECT_EQ(refusal({.query = AttentionQuery::detections}, vit),
            "the attention of detection tokens\n"
            "  where: attention of ViTForImageClassification\n"
            "  fix:   a classifier has none: ask for that of the class token or of a patch");
  EXPECT_EQ(refusal({.method = AttentionMethod::masking}, detector()),
            "masking of a detector\n"
            "  where: attention of YolosForObjectDetection\n"
            "  fix:   masking watches a class's score: use it with a classifier, or use raw or "
            "rollout here");
  VitConfig patches_only = classifier();
  patches_only.class_token = false;
  EXPECT_EQ(refusal({}, patches_only),
            "the attention of a class token\n"
            "  where: attention of ViTForImageClassification\n"
            "  fix:   the model has none: ask for that of a patch");
  VitConfig filters = patches_only;
  filters.architecture = "GFNet of 12 blocks, width 256";
  filters.global_filters = true;
  for (const AttentionMethod method : {AttentionMethod::raw, AttentionMethod::masking}) {
    EXPECT_EQ(refusal({.method = method}, filters),
              "the attention of a model that has none\n"
              "  where: attention of GFNet of 12 blocks, width 256\n"
              "  fix:   a GFNet mixes its tokens by filters: use a ViT, DeiT or YOLOS");
  }
}

TEST(AttentionMapsTest, RowsAndPatchesLieInOrder) {
  AttentionMaps maps{.layers = 2, .heads = 3, .queries = 2, .others = 2, .grid = {2, 3}};
  for (int i = 0; i < 2 * 3 * 2 * 8; ++i) maps.weights.push_back(static_cast<float>(i));
  EXPECT_EQ(maps.row(1, 2, 1).front(), 8 * ((1 * 3 + 2) * 2 + 1));
  EXPECT_EQ(maps.patches(0, 1, 0).front(), 8 * 2 + 2);
  EXPECT_EQ(maps.patches(1, 2, 1).size(), 6u);
}

/// Patches of 8 pixels.
VitConfig of_patch_8() {
  VitConfig config;
  config.patch_h = config.patch_w = 8;
  return config;
}

PreprocessSpec shortest_edge_then_crop() {
  PreprocessSpec spec;
  spec.resize = ResizeMode::shortest_edge;
  spec.shortest_edge = 40;
  spec.center_crop = true;
  spec.crop_h = spec.crop_w = 32;
  return spec;
}

void expect_rect(const cv::Rect2d& actual, const cv::Rect2d& expected) {
  EXPECT_DOUBLE_EQ(actual.x, expected.x);
  EXPECT_DOUBLE_EQ(actual.y, expected.y);
  EXPECT_DOUBLE_EQ(actual.width, expected.width);
  EXPECT_DOUBLE_EQ(actual.height, expected.height);
}

TEST(MapBackTest, GoesBackThroughResizeAndCrop) {
  // 240x120 becomes 80x40, of which columns 24..55 and rows 4..35 are seen.
  const MapBack back(Preprocessor(shortest_edge_then_crop()), of_patch_8(), {240, 120}, {240, 120});
  EXPECT_EQ(back.grid(), (PatchGrid{4, 4}));
  EXPECT_EQ(back.input(), cv::Size(32, 32));
  expect_rect(back.area(), {72, 12, 96, 96});
  expect_rect(back.patch(1, 2), {120, 36, 24, 24});
  EXPECT_EQ(back.patch_at(120, 36), 6);
  EXPECT_EQ(back.patch_at(143.9, 59.9), 6);
  EXPECT_EQ(back.patch_at(144, 60), 11);             // right of and below it
  EXPECT_EQ(back.patch_at(71.9, 36), std::nullopt);  // cut off by the crop
  EXPECT_EQ(back.patch_at(168, 36), std::nullopt);
  EXPECT_EQ(back.patch_at(120, 300), std::nullopt);  // outside of the picture
}

TEST(MapBackTest, StretchesEachSideByItself) {
  PreprocessSpec spec;
  spec.resize_h = 16;
  spec.resize_w = 32;
  const MapBack back(Preprocessor(spec), of_patch_8(), {96, 96}, {96, 96});
  EXPECT_EQ(back.grid(), (PatchGrid{2, 4}));
  expect_rect(back.patch(1, 3), {72, 48, 24, 48});
}

/// decode: fast halves 241x121 to 121x61: the crop follows the copy, the place the original.
TEST(MapBackTest, CountsFromTheOriginalWhereACopyWasResized) {
  const MapBack back(Preprocessor(shortest_edge_then_crop()), of_patch_8(), {121, 61}, {241, 121});
  // 121x61 becomes int(40 * 121 / 61) = 79x40, of which columns 23.. and rows 4.. are seen.
  expect_rect(back.patch(0, 0), {23 * 241.0 / 79, 4 * 121.0 / 40, 8 * 241.0 / 79, 8 * 121.0 / 40});
}

TEST(MapBackTest, PassesTheEdgesWhereTheCropIsLarger) {
  PreprocessSpec spec = shortest_edge_then_crop();
  spec.shortest_edge = 16;
  // 32x16 stays as it is, in the middle of 32 rows: 8 rows of zeros above and below.
  const MapBack back(Preprocessor(spec), of_patch_8(), {32, 16}, {32, 16});
  expect_rect(back.patch(0, 0), {0, -8, 8, 8});
  expect_rect(back.patch(1, 0), {0, 0, 8, 8});
  EXPECT_EQ(back.patch_at(0, 0), 4);
}

TEST(MapBackTest, LeavesTheRemainderOut) {
  PreprocessSpec spec;
  spec.resize_h = 20;
  spec.resize_w = 30;
  const MapBack back(Preprocessor(spec), of_patch_8(), {30, 20}, {30, 20});
  EXPECT_EQ(back.grid(), (PatchGrid{2, 3}));
  expect_rect(back.area(), {0, 0, 24, 16});
  EXPECT_EQ(back.patch_at(24, 0), std::nullopt);
}

/// Every patch's own middle leads back to it, whatever the size of the picture.
TEST(MapBackTest, FindsEachPatchAgain) {
  for (const cv::Size size : {cv::Size(31, 977), cv::Size(640, 480), cv::Size(1333, 801)}) {
    const MapBack back(Preprocessor(shortest_edge_then_crop()), of_patch_8(), size, size);
    for (int i = 0; i < back.grid().count(); ++i) {
      const cv::Rect2d patch = back.patch(i / 4, i % 4);
      EXPECT_EQ(back.patch_at(patch.x + patch.width / 2, patch.y + patch.height / 2), i);
    }
  }
}

}  // namespace
}  // namespace fovea::vision
