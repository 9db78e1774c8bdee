// SPDX-License-Identifier: Apache-2.0
// Files as they lie on the hub, and the defaults of
// transformers' processor classes, read off their to_dict().
#include "vision/checkpoint/processor_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "vision/checkpoint/json_file.hpp"

namespace fovea::vision {
namespace {

using testing::HasSubstr;
using Rgb = std::array<double, 3>;

PreprocessSpec read(std::string_view json, const std::string& model_type = "vit") {
  return processor_spec(parse_json(json, "test"), model_type, "preprocessor_config.json");
}

std::string refusal(std::string_view json) {
  try {
    read(json);
  } catch (const ModelError& error) {
    return error.what();
  }
  ADD_FAILURE() << json << " was accepted";
  return {};
}

TEST(ProcessorConfig, ReadsTheFileOfViTBase) {
  const PreprocessSpec spec = read(
      R"({"do_normalize":true,"do_resize":true,"image_mean":[0.5,0.5,0.5],
          "image_std":[0.5,0.5,0.5],"size":224})");
  EXPECT_EQ(spec.processor, "ViTImageProcessor");
  EXPECT_EQ(spec.resize, ResizeMode::exact);
  EXPECT_EQ(spec.resize_h, 224);
  EXPECT_EQ(spec.resize_w, 224);
  EXPECT_EQ(spec.resample, Resample::bilinear);
  EXPECT_FALSE(spec.center_crop);
  EXPECT_TRUE(spec.rescale);
  EXPECT_DOUBLE_EQ(spec.rescale_factor, 1.0 / 255.0);
  EXPECT_TRUE(spec.normalize);
}

TEST(ProcessorConfig, ReadsTheFileOfADistilledDeit) {
  const PreprocessSpec spec = read(
      R"({"crop_size":224,"do_center_crop":true,"do_normalize":true,"do_resize":true,
          "feature_extractor_type":"DeiTFeatureExtractor","image_mean":[0.485,0.456,0.406],
          "image_std":[0.229,0.224,0.225],"resample":3,"size":256})",
      "deit");
  EXPECT_EQ(spec.processor, "DeiTImageProcessor");
  EXPECT_EQ(spec.resize, ResizeMode::exact);
  EXPECT_EQ(spec.resize_h, 256);
  EXPECT_EQ(spec.resample, Resample::bicubic);
  EXPECT_TRUE(spec.center_crop);
  EXPECT_EQ(spec.crop_h, 224);
  EXPECT_EQ(spec.crop_rounding, CropRounding::transformers);
  EXPECT_EQ(spec.mean, (Rgb{0.485, 0.456, 0.406}));
  EXPECT_EQ(spec.stddev, (Rgb{0.229, 0.224, 0.225}));
}

struct Default {
  const char* type;
  ResizeMode resize;
  int size, crop;  // crop 0: none
  Resample resample;
  double mean0;
};

class ProcessorDefault : public testing::TestWithParam<Default> {};

TEST_P(ProcessorDefault, IsThatOfItsClass) {
  const Default& expected = GetParam();
  const PreprocessSpec spec =
      read(R"({"image_processor_type":")" + std::string(expected.type) + "\"}");
  EXPECT_EQ(spec.resize, expected.resize);
  EXPECT_EQ(expected.resize == ResizeMode::exact ? spec.resize_h : spec.shortest_edge,
            expected.size);
  EXPECT_EQ(spec.center_crop ? spec.crop_h : 0, expected.crop);
  EXPECT_EQ(spec.resample, expected.resample);
  EXPECT_DOUBLE_EQ(spec.mean[0], expected.mean0);
}

INSTANTIATE_TEST_SUITE_P(
    Classes, ProcessorDefault,
    testing::Values(
        Default{"ViTImageProcessor", ResizeMode::exact, 224, 0, Resample::bilinear, 0.5},
        Default{"ViTImageProcessorFast", ResizeMode::exact, 224, 0, Resample::bilinear, 0.5},
        Default{"DeiTImageProcessor", ResizeMode::exact, 256, 224, Resample::bicubic, 0.5},
        Default{"CLIPImageProcessor", ResizeMode::shortest_edge, 224, 224, Resample::bicubic,
                0.48145466},
        Default{"BitImageProcessor", ResizeMode::shortest_edge, 224, 224, Resample::bicubic,
                0.48145466},
        Default{"SiglipImageProcessor", ResizeMode::exact, 224, 0, Resample::bicubic, 0.5},
        Default{"BeitImageProcessor", ResizeMode::exact, 256, 224, Resample::bicubic, 0.5}),
    [](const auto& each) { return std::string(each.param.type); });

TEST(ProcessorConfig, FallsBackToTheClassOfTheModelType) {
  EXPECT_EQ(read("{}", "vit").processor, "ViTImageProcessor");
  const PreprocessSpec deit = read("{}", "deit");
  EXPECT_EQ(deit.processor, "DeiTImageProcessor");
  EXPECT_EQ(deit.resize_h, 256);
  EXPECT_TRUE(deit.center_crop);
}

TEST(ProcessorConfig, ReadsEveryFormOfSize) {
  const PreprocessSpec pair = read(R"({"size":[8,12]})");
  EXPECT_EQ(pair.resize_h, 8);
  EXPECT_EQ(pair.resize_w, 12);
  const PreprocessSpec dict = read(R"({"size":{"height":8,"width":12}})");
  EXPECT_EQ(dict.resize_w, 12);
  const PreprocessSpec shortest = read(R"({"size":{"shortest_edge":256}})");
  EXPECT_EQ(shortest.resize, ResizeMode::shortest_edge);
  EXPECT_EQ(shortest.shortest_edge, 256);
  const PreprocessSpec clip =
      read(R"({"feature_extractor_type":"CLIPFeatureExtractor","size":224,"crop_size":[200,210]})");
  EXPECT_EQ(clip.resize, ResizeMode::shortest_edge);
  EXPECT_EQ(clip.crop_h, 200);
  EXPECT_EQ(clip.crop_w, 210);
  EXPECT_THAT(refusal(R"({"size":{"longest_edge":512}})"), HasSubstr("longest_edge"));
  EXPECT_THAT(refusal(R"({"size":{"shortest_edge":1,"longest_edge":2}})"),
              HasSubstr("does not lead to one input size"));
  EXPECT_THAT(refusal(R"({"size":0})"), HasSubstr("'size' is 0"));
  EXPECT_THAT(refusal(R"({"size":"224"})"), HasSubstr("does not lead to one input size"));
}

TEST(ProcessorConfig, ObeysTheSwitches) {
  const PreprocessSpec spec =
      read(R"({"do_resize":false,"do_rescale":false,"do_normalize":false,"do_center_crop":true,
               "crop_size":{"height":10,"width":20},"rescale_factor":0.5})");
  EXPECT_EQ(spec.resize, ResizeMode::none);
  EXPECT_FALSE(spec.rescale);
  EXPECT_DOUBLE_EQ(spec.rescale_factor, 0.5);
  EXPECT_FALSE(spec.normalize);
  EXPECT_EQ(spec.crop_w, 20);
}

TEST(ProcessorConfig, RefusesWhatItWouldGetWrong) {
  EXPECT_THAT(refusal(R"({"image_processor_type":"SamImageProcessor"})"),
              HasSubstr("image processor 'SamImageProcessor' is not supported"));
  EXPECT_THAT(refusal(R"({"do_pad":true})"), HasSubstr("'do_pad'"));
  EXPECT_THAT(refusal(R"({"resample":6})"), HasSubstr("'resample' is 6"));
  EXPECT_THAT(refusal(R"({"image_std":[0.5,0,0.5]})"), HasSubstr("do not normalise"));
  EXPECT_THAT(refusal(R"({"image_mean":[0.5]})"), HasSubstr("three numbers"));
}

PreprocessSpec timm(const std::string& pretrained) {
  return timm_spec(parse_json(R"({"pretrained_cfg":{)" + pretrained + "}}", "test"), "config.json");
}

TEST(TimmRecipe, ResizesToTheInputDividedByItsCrop) {
  const PreprocessSpec spec =
      timm(R"("input_size":[3,224,224],"crop_pct":0.9,"interpolation":"bicubic",
              "mean":[0.5,0.5,0.5],"std":[0.5,0.5,0.5])");
  EXPECT_EQ(spec.processor, "timm");
  EXPECT_EQ(spec.resize, ResizeMode::shortest_edge);
  EXPECT_EQ(spec.shortest_edge, 248);
  EXPECT_TRUE(spec.center_crop);
  EXPECT_EQ(spec.crop_rounding, CropRounding::torchvision);
  EXPECT_EQ(spec.crop_h, 224);
  EXPECT_EQ(spec.resample, Resample::bicubic);
  EXPECT_DOUBLE_EQ(spec.mean[2], 0.5);
}

TEST(TimmRecipe, CoversAnInputThatIsNotSquare) {
  const PreprocessSpec spec = timm(R"("input_size":[3,90,180],"crop_pct":0.9)");
  EXPECT_EQ(spec.resize, ResizeMode::cover);
  EXPECT_EQ(spec.resize_h, 100);
  EXPECT_EQ(spec.resize_w, 200);
  EXPECT_EQ(spec.crop_h, 90);
  EXPECT_EQ(spec.crop_w, 180);
}

TEST(TimmRecipe, HasTimmsDefaults) {
  const PreprocessSpec spec = timm("");
  EXPECT_EQ(spec.shortest_edge, 256);
  EXPECT_EQ(spec.crop_w, 224);
  EXPECT_EQ(spec.resample, Resample::bicubic);
  EXPECT_EQ(spec.mean, (Rgb{0.485, 0.456, 0.406}));
}

TEST(TimmRecipe, SquashesWhereTheModelSays) {
  const PreprocessSpec spec =
      timm(R"("input_size":[3,100,200],"crop_pct":1.0,"crop_mode":"squash")");
  EXPECT_EQ(spec.resize, ResizeMode::exact);
  EXPECT_EQ(spec.resize_h, 100);
  EXPECT_EQ(spec.resize_w, 200);
  EXPECT_THROW(timm(R"("crop_mode":"border")"), ModelError);
  EXPECT_THROW(timm(R"("interpolation":"random")"), ModelError);
  EXPECT_THROW(timm(R"("crop_pct":-1)"), ModelError);
}

}  // namespace
}  // namespace fovea::vision
