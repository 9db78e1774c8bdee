// SPDX-License-Identifier: Apache-2.0
// GFNet's checkpoints as its authors publish them, and what is said of those that are none.
#include "vision/checkpoint/gfnet_config.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "tests/support/places.hpp"
#include "tests/unit/checkpoint/model_folder.hpp"
#include "vision/checkpoint/checkpoint.hpp"
#include "vision/checkpoint/json_file.hpp"
#include "vision/checkpoint/tensor_names.hpp"

namespace fovea::vision {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using namespace testing_support;
using Shapes = std::map<std::string, std::vector<std::int64_t>>;

const fs::path kGoldens = test::source_dir() / "tests/golden/models/data";

/// Two blocks over 7 x 5 patches of 16 pixels.
Shapes small_gfnet() {
  return {{"pos_embed", {1, 35, 24}},
          {"patch_embed.proj.weight", {24, 3, 16, 16}},
          {"blocks.0.norm1.weight", {24}},
          {"blocks.0.filter.complex_weight", {7, 3, 24, 2}},
          {"blocks.0.mlp.fc1.weight", {96, 24}},
          {"blocks.1.norm1.weight", {24}},
          {"head.weight", {3, 24}}};
}

VitConfig read(const Shapes& shapes, std::string_view json = "{}") {
  WeightFiles weights;
  weights.path = "gfnet.pth";
  for (const auto& [name, shape] : shapes) {
    weights.tensors.emplace_back();
    weights.tensors.back().name = name;
    weights.tensors.back().shape = shape;
  }
  return gfnet_config(parse_json(json, "test"), weights, "config.json");
}

template <class Statement>
std::string refusal(Statement statement) {
  try {
    statement();
  } catch (const ModelError& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

TEST(GfnetConfig, IsReadFromTheTensors) {
  const VitConfig config = read(small_gfnet());
  EXPECT_TRUE(config.global_filters);
  EXPECT_EQ(config.layers, 2);
  EXPECT_EQ(config.hidden_size, 24);
  EXPECT_EQ(config.mlp_size, 96);
  EXPECT_EQ(config.image_h, 112);
  EXPECT_EQ(config.image_w, 80);
  EXPECT_EQ(config.tokens(), 35);
  EXPECT_FLOAT_EQ(config.layer_norm_epsilon, 1e-6f);
  EXPECT_THAT(config.labels, testing::ElementsAre("LABEL_0", "LABEL_1", "LABEL_2"));
  EXPECT_THAT(read(small_gfnet(), R"({"id2label":{"0":"a","1":"b","2":"c"}})").labels,
              testing::ElementsAre("a", "b", "c"));
}

TEST(GfnetConfig, PreparesPicturesAsTheAuthorsEvaluate) {
  const VitConfig model;  // of 224 pixels
  const PreprocessSpec spec = gfnet_spec(parse_json("{}", "test"), model, "config.json");
  EXPECT_EQ(spec.resize, ResizeMode::shortest_edge);
  EXPECT_EQ(spec.shortest_edge, 256);
  EXPECT_EQ(spec.resample, Resample::bicubic);
  EXPECT_EQ(spec.crop_h, 224);
  EXPECT_EQ(spec.crop_rounding, CropRounding::torchvision);
  EXPECT_EQ(spec.mean[0], 0.485);
  EXPECT_EQ(spec.stddev[2], 0.225);
}

TEST(GfnetConfig, SaysWhatDoesNotFit) {
  const auto changed = [](const std::string& name, std::vector<std::int64_t> shape) {
    Shapes shapes = small_gfnet();
    shapes.erase(name);
    if (!shape.empty()) shapes[name] = std::move(shape);
    return shapes;
  };
  EXPECT_EQ(refusal([&] { read(changed("head.weight", {})); }),
            "the GFNet lacks the tensor 'head.weight'\n"
            "  where: gfnet.pth\n"
            "  fix:   use gfnet-ti, gfnet-xs, gfnet-s or gfnet-b as its authors save them");
  EXPECT_THAT(refusal([&] {
                read(changed("pos_embed", {35, 24}));
              }),
              HasSubstr("tensor 'pos_embed' is [35, 24], expected 3 axes"));
  EXPECT_THAT(refusal([&] {
                read(changed("pos_embed", {1, 36, 24}));
              }),
              HasSubstr("filters of [7, 3, 24, 2] do not fit 36 positions"));
  EXPECT_THAT(refusal([&] {
                read(changed("patch_embed.proj.weight", {24, 1, 16, 16}));
              }),
              HasSubstr("takes pictures of 1 channels"));
  EXPECT_EQ(refusal([&] { read(small_gfnet(), R"({"id2label":{"0":"a"}})"); }),
            "'id2label' names 1 classes, the head has 3\n"
            "  where: config.json\n"
            "  fix:   name every class once, or leave 'id2label' out");
  EXPECT_THAT(refusal([] {
                read({{"blocks.0.0.filter.complex_weight", {56, 29, 64, 2}}});
              }),
              HasSubstr("hierarchical GFNets (gfnet-h-...) are not supported"));
}

TEST(GfnetFolder, NeedsNothingButTheWeights) {
  const auto checkpoint = Checkpoint::open(kGoldens / "gfnet-plain");
  EXPECT_EQ(checkpoint.summary().weights_file, "gfnet-plain.pth");
  EXPECT_EQ(checkpoint.config().layers, 2);
  EXPECT_TRUE(checkpoint.has("encoder.layer.1.filter.complex_weight"));
}

TEST(GfnetFolder, OfTwoModelsIsRefused) {
  const TemporaryFolder folder;
  write_file(folder.path() / "a.pth", "x");
  write_file(folder.path() / "b.pth", "x");
  EXPECT_EQ(refusal([&] { Checkpoint::open(folder.path()); }),
            "the model folder has several weight files, 'a.pth' and 'b.pth'\n  where: " +
                folder.path().string() + "\n  fix:   put each model into a folder of its own");
}

TEST(GfnetFolder, NamesTensorsThatAreMissingOrUnknown) {
  const TemporaryFolder folder;
  fs::copy(kGoldens / "gfnet-odd-grid", folder.path(), fs::copy_options::recursive);
  const fs::path file = folder.path() / "model.safetensors";
  // The header's names are as long as these.
  std::string bytes = read_file(file);
  const std::string name = "blocks.1.norm2.bias";
  bytes.replace(bytes.find(name), name.size(), "blocks.1.norm3.bias");
  write_file(file, bytes);
  const std::string message = refusal([&] { Checkpoint::open(folder.path()); });
  EXPECT_THAT(message, HasSubstr("missing:   encoder.layer.1.layernorm_after.bias [19]"));
  EXPECT_THAT(message, HasSubstr("unknown:   blocks.1.norm3.bias [19]"));
}

TEST(GfnetNames, GoBackToTheAuthors) {
  for (const char* name :
       {"pos_embed", "patch_embed.proj.weight", "blocks.11.norm1.weight",
        "blocks.3.filter.complex_weight", "blocks.0.norm2.bias", "blocks.0.mlp.fc1.weight",
        "blocks.0.mlp.fc2.bias", "norm.weight", "head.bias"}) {
    EXPECT_EQ(timm_from_canonical(canonical_from_timm(name, false)), name);
  }
}

}  // namespace
}  // namespace fovea::vision
