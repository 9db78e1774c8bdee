// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/model_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "vision/checkpoint/json_file.hpp"

namespace fovea::vision {
namespace {

using compute::ops::Activation;
using testing::ElementsAre;
using testing::HasSubstr;

WeightFiles weights_named(std::initializer_list<const char*> names) {
  WeightFiles weights;
  for (const char* name : names) {
    StoredTensor tensor;
    tensor.name = name;
    weights.tensors.push_back(tensor);
  }
  return weights;
}

VitConfig read(std::string_view json,
               const WeightFiles& weights = weights_named({"classifier.weight"})) {
  return transformers_config(parse_json(json, "test"), weights, "config.json");
}

std::string refusal(std::string_view json,
                    const WeightFiles& weights = weights_named({"classifier.weight"})) {
  try {
    read(json, weights);
  } catch (const ModelError& error) {
    return error.what();
  }
  ADD_FAILURE() << json << " was accepted";
  return {};
}

TEST(ModelConfig, TakesTheTypesDefaultsForAbsentKeys) {
  const VitConfig vit = read(R"({"model_type":"vit"})");
  EXPECT_EQ(vit.architecture, "ViTForImageClassification");
  EXPECT_EQ(vit.hidden_size, 768);
  EXPECT_EQ(vit.layers, 12);
  EXPECT_EQ(vit.heads, 12);
  EXPECT_EQ(vit.mlp_size, 3072);
  EXPECT_EQ(vit.tokens(), 197);
  EXPECT_FLOAT_EQ(vit.layer_norm_epsilon, 1e-12f);
  EXPECT_TRUE(vit.qkv_bias);
  EXPECT_EQ(vit.activation, Activation::gelu);
  EXPECT_EQ(vit.pooling, Pooling::cls);
  EXPECT_THAT(vit.labels, ElementsAre("LABEL_0", "LABEL_1"));
}

TEST(ModelConfig, TellsTheDeitsApart) {
  const VitConfig plain = read(R"({"model_type":"deit"})");
  EXPECT_EQ(plain.architecture, "DeiTForImageClassification");
  EXPECT_TRUE(plain.distillation_token);
  EXPECT_EQ(plain.tokens(), 198);
  EXPECT_EQ(plain.pooling, Pooling::cls);
  const VitConfig distilled =
      read(R"({"model_type":"deit","architectures":["DeiTForImageClassificationWithTeacher"]})",
           weights_named({"cls_classifier.weight"}));
  EXPECT_EQ(distilled.pooling, Pooling::cls_and_distilled);
  EXPECT_EQ(read(R"({"model_type":"deit"})", weights_named({"cls_classifier.weight"})).pooling,
            Pooling::cls_and_distilled);
}

TEST(ModelConfig, ReadsSizesInBothForms) {
  const VitConfig config = read(
      R"({"model_type":"vit","image_size":[64,96],"patch_size":[8,16],"hidden_size":24.0,
          "num_attention_heads":4,"num_labels":7,"qkv_bias":false,"layer_norm_eps":1e-6})");
  EXPECT_EQ(config.image_h, 64);
  EXPECT_EQ(config.image_w, 96);
  EXPECT_EQ(config.patch_h, 8);
  EXPECT_EQ(config.patch_w, 16);
  EXPECT_EQ(config.patch_count(), 48);
  EXPECT_EQ(config.hidden_size, 24);
  EXPECT_EQ(config.labels.size(), 7u);
  EXPECT_FALSE(config.qkv_bias);
  EXPECT_FLOAT_EQ(config.layer_norm_epsilon, 1e-6f);
}

TEST(ModelConfig, ReadsLabelsOfAnyKindInTheirOrder) {
  const VitConfig config = read(
      R"({"model_type":"vit","id2label":{"10":"ten","2":2,"0":"zero","1":null,"3":true,"4":"ä",
          "5":"","6":"f","7":"g","8":"h","9":"i"}})");
  EXPECT_THAT(config.labels,
              ElementsAre("zero", "null", "2", "true", "ä", "", "f", "g", "h", "i", "ten"));
  EXPECT_THAT(refusal(R"({"model_type":"vit","id2label":{"0":"a","2":"b"}})"),
              HasSubstr("'id2label' has 2 entries and the key '2'"));
  EXPECT_THAT(refusal(R"({"model_type":"vit","id2label":{"cat":"0"}})"), HasSubstr("key 'cat'"));
}

TEST(ModelConfig, KnowsEveryGelu) {
  const std::pair<const char*, Activation> names[] = {{"gelu", Activation::gelu},
                                                      {"gelu_new", Activation::gelu_tanh},
                                                      {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                                      {"gelu_accurate", Activation::gelu_tanh},
                                                      {"gelu_fast", Activation::gelu_tanh},
                                                      {"quick_gelu", Activation::gelu_quick}};
  for (const auto& [name, activation] : names) {
    EXPECT_EQ(read(R"({"model_type":"vit","hidden_act":")" + std::string(name) + "\"}").activation,
              activation)
        << name;
  }
  const std::string message = refusal(R"({"model_type":"vit","hidden_act":"silu"})");
  EXPECT_THAT(message, HasSubstr("hidden_act 'silu' is not supported"));
  EXPECT_THAT(message, HasSubstr("gelu, gelu_new"));
}

TEST(ModelConfig, RefusesWhatItDoesNotRunByName) {
  EXPECT_THAT(refusal(R"({"model_type":"swin"})"),
              testing::AllOf(HasSubstr("model_type 'swin' is not supported"),
                             HasSubstr("vit, deit, yolos or gfnet")));
  EXPECT_THAT(refusal("{}"), HasSubstr("no model_type"));
  EXPECT_THAT(refusal(R"({"model_type":"vit","architectures":["ViTForMaskedImageModeling"]})"),
              HasSubstr("architecture 'ViTForMaskedImageModeling' is not supported"));
  EXPECT_THAT(refusal(R"({"model_type":"vit","architectures":["ViTModel"]})"),
              HasSubstr("no classifier head; feature mode is not part of this version"));
  EXPECT_THAT(refusal(R"({"model_type":"vit"})", weights_named({"layernorm.weight"})),
              HasSubstr("no classifier head"));
}

TEST(ModelConfig, RefusesImpossibleValues) {
  EXPECT_THAT(refusal(R"({"model_type":"vit","hidden_size":100})"),
              HasSubstr("not a multiple of num_attention_heads 12"));
  EXPECT_THAT(refusal(R"({"model_type":"vit","hidden_size":-8})"),
              HasSubstr("'hidden_size' is -8"));
  EXPECT_THAT(refusal(R"({"model_type":"vit","hidden_size":1e300})"), HasSubstr("'hidden_size'"));
  EXPECT_THAT(refusal(R"({"model_type":"vit","num_hidden_layers":2.5})"),
              HasSubstr("expected a whole number"));
  EXPECT_THAT(refusal(R"({"model_type":"vit","image_size":[1,2,3]})"),
              HasSubstr("[height, width]"));
  EXPECT_THAT(refusal(R"({"model_type":"vit","patch_size":256})"), HasSubstr("do not fit"));
  EXPECT_THAT(refusal(R"({"model_type":"vit","num_channels":1})"), HasSubstr("num_channels is 1"));
  EXPECT_THAT(refusal(R"({"model_type":7})"), HasSubstr("'model_type' is 7, expected text"));
  EXPECT_THAT(refusal(R"({"model_type":"vit","qkv_bias":"yes"})"),
              HasSubstr("expected true or false"));
}

}  // namespace
}  // namespace fovea::vision
