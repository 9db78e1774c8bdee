// SPDX-License-Identifier: Apache-2.0
// Whole model folders: every spelling, type and container gives the same tensors.
#include "vision/checkpoint/checkpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "tests/support/places.hpp"
#include "tests/unit/checkpoint/model_folder.hpp"
#include "vision/checkpoint/mapped_file.hpp"
#include "vision/checkpoint/safetensors.hpp"

namespace fovea::vision {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace testing_support;

std::vector<float> tensor(const Checkpoint& checkpoint, const std::string& canonical,
                          const std::vector<std::int64_t>& shape) {
  switch (shape.size()) {
    case 1:
      return checkpoint.f32(canonical, {shape[0]});
    case 2:
      return checkpoint.f32(canonical, {shape[0], shape[1]});
    case 3:
      return checkpoint.f32(canonical, {shape[0], shape[1], shape[2]});
    default:
      return checkpoint.f32(canonical, {shape[0], shape[1], shape[2], shape[3]});
  }
}

void expect_tiny(const Checkpoint& checkpoint) {
  for (const auto& [canonical, shape] : tiny_tensors()) {
    ASSERT_TRUE(checkpoint.has(canonical)) << canonical;
    const auto values = tensor(checkpoint, canonical, shape);
    for (std::size_t i = 0; i < values.size(); ++i) {
      ASSERT_EQ(values[i], tiny_value(canonical, i)) << canonical << " element " << i;
    }
  }
}

std::string refusal(const std::filesystem::path& folder) {
  try {
    Checkpoint::open(folder);
  } catch (const ModelError& error) {
    return error.what();
  }
  ADD_FAILURE() << folder << " was opened";
  return {};
}

struct Layout {
  const char* name;
  Spelling spelling;
  const char* dtype;
  const char* prefix;
};

class CheckpointLayout : public testing::TestWithParam<Layout> {};

TEST_P(CheckpointLayout, GivesTheCanonicalTensors) {
  const Layout& layout = GetParam();
  const TemporaryFolder folder;
  write_file(folder.path() / "config.json",
             layout.spelling == Spelling::timm ? kTinyTimmConfig : kTinyConfig);
  write_file(folder.path() / "model.safetensors",
             safetensors_bytes(tiny_entries(layout.spelling, layout.dtype, layout.prefix)));
  const Checkpoint checkpoint = Checkpoint::open(folder.path());
  expect_tiny(checkpoint);
  EXPECT_EQ(checkpoint.config().hidden_size, 8);
  EXPECT_EQ(checkpoint.config().heads, 2);
  EXPECT_EQ(checkpoint.config().layers, 2);
  EXPECT_EQ(checkpoint.config().tokens(), 5);
  EXPECT_EQ(checkpoint.config().labels.size(), 3u);
  EXPECT_EQ(checkpoint.summary().stored_dtype, layout.dtype);
}

INSTANTIATE_TEST_SUITE_P(All, CheckpointLayout,
                         testing::Values(Layout{"v4", Spelling::v4, "F32", "vit."},
                                         Layout{"v4_half", Spelling::v4, "F16", "vit."},
                                         Layout{"v4_bfloat", Spelling::v4, "BF16", "vit."},
                                         Layout{"v4_without_prefix", Spelling::v4, "F32", ""},
                                         Layout{"v5", Spelling::v5, "F32", "vit."},
                                         Layout{"v5_without_prefix", Spelling::v5, "F16", ""},
                                         Layout{"timm", Spelling::timm, "F32", ""},
                                         Layout{"timm_half", Spelling::timm, "F16", ""}),
                         [](const auto& each) { return std::string(each.param.name); });

/// Folders written by transformers and timm (scripts/goldens/make_checkpoint_fixtures.py), each
/// beside the tensors it must give.
class ReferenceFolder : public testing::TestWithParam<const char*> {};

TEST_P(ReferenceFolder, GivesTheTensorsItsWriterHad) {
  const auto folder = fovea::test::source_dir() / "tests/unit/checkpoint/data" / GetParam();
  const Checkpoint checkpoint = Checkpoint::open(folder);
  const MappedFile file(folder / "expected.safetensors");
  std::uint64_t parameters = 0;
  for (const StoredTensor& expected : read_safetensors(file)) {
    parameters += static_cast<std::uint64_t>(expected.element_count());
    ASSERT_TRUE(checkpoint.has(expected.name)) << expected.name;
    EXPECT_EQ(tensor(checkpoint, expected.name, expected.shape), widen(expected, GetParam()))
        << expected.name;
  }
  EXPECT_EQ(checkpoint.summary().parameters, parameters);
}

INSTANTIATE_TEST_SUITE_P(Data, ReferenceFolder,
                         testing::Values("vit_bin", "vit_shards", "vit_bin_shards_f16", "deit_bf16",
                                         "timm_distilled", "timm_registers", "timm_deit3"),
                         [](const auto& each) { return std::string(each.param); });

TEST(Checkpoint, IgnoresTensorsNoForwardPassReads) {
  const TemporaryFolder folder;
  auto entries = tiny_entries();
  entries.push_back({"vit.embeddings.position_ids", "I64", {1, 2}, std::string(16, '\0')});
  entries.push_back({"vit.pooler.dense.weight", "F32", {1}, raw(1.0f)});
  entries.push_back({"vit.pooler.dense.bias", "F32", {1}, raw(1.0f)});
  entries.push_back({"vit.embeddings.mask_token", "F32", {1}, raw(1.0f)});
  write_file(folder.path() / "config.json", kTinyConfig);
  write_file(folder.path() / "model.safetensors", safetensors_bytes(entries));
  const Checkpoint checkpoint = Checkpoint::open(folder.path());
  expect_tiny(checkpoint);
  EXPECT_FALSE(checkpoint.has("pooler.dense.weight"));
}

TEST(Checkpoint, ReadsGammaAndBeta) {
  const TemporaryFolder folder;
  auto entries = tiny_entries();
  for (TensorEntry& entry : entries) {
    if (entry.name == "vit.layernorm.weight") entry.name = "vit.layernorm.gamma";
    if (entry.name == "vit.layernorm.bias") entry.name = "vit.layernorm.beta";
  }
  write_file(folder.path() / "config.json", kTinyConfig);
  write_file(folder.path() / "model.safetensors", safetensors_bytes(entries));
  expect_tiny(Checkpoint::open(folder.path()));
}

TEST(Checkpoint, NamesEveryTensorThatDoesNotFit) {
  const TemporaryFolder folder;
  auto entries = tiny_entries();
  for (TensorEntry& entry : entries) {
    if (entry.name == "vit.layernorm.bias") entry.name = "vit.layernorm.offset";
    if (entry.name == "classifier.weight") entry.shape = {8, 3};
    if (entry.name == "classifier.bias") {
      entry.dtype = "I32";
    }
  }
  write_file(folder.path() / "config.json", kTinyConfig);
  write_file(folder.path() / "model.safetensors", safetensors_bytes(entries));
  const std::string message = refusal(folder.path());
  EXPECT_THAT(message, HasSubstr("4 of the model's tensors do not fit its config"));
  EXPECT_THAT(message, HasSubstr("missing:   layernorm.bias [8]"));
  EXPECT_THAT(message, HasSubstr("misshapen: classifier.weight is [8, 3], expected [3, 8]"));
  EXPECT_THAT(message, HasSubstr("type:      classifier.bias is I32, expected F32, F16 or BF16"));
  EXPECT_THAT(message, HasSubstr("unknown:   vit.layernorm.offset [8]"));
  EXPECT_THAT(message, HasSubstr("model.safetensors"));
}

TEST(Checkpoint, CapsTheListOfMisfitsAndCountsTheRest) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path());
  std::string config(kTinyConfig);
  config.replace(config.find("\"hidden_size\":8"), 15, "\"hidden_size\":4");
  write_file(folder.path() / "config.json", config);
  const std::string message = refusal(folder.path());
  EXPECT_THAT(message, HasSubstr("and 17 more"));
}

TEST(Checkpoint, RefusesOneTensorUnderTwoSpellings) {
  const TemporaryFolder folder;
  auto entries = tiny_entries();
  entries.push_back({"layernorm.weight", "F32", {8}, std::string(32, '\0')});
  write_file(folder.path() / "config.json", kTinyConfig);
  write_file(folder.path() / "model.safetensors", safetensors_bytes(entries));
  EXPECT_THAT(refusal(folder.path()),
              HasSubstr("twice:     vit.layernorm.weight and layernorm.weight"));
}

TEST(Checkpoint, SaysWhatIsMissingFromTheFolder) {
  const TemporaryFolder folder;
  EXPECT_THAT(refusal(folder.path() / "none"), HasSubstr("not a folder"));
  EXPECT_THAT(refusal(folder.path()), HasSubstr("no config.json"));
  write_file(folder.path() / "config.json", kTinyConfig);
  write_file(folder.path() / "tf_model.h5", "x");
  const std::string message = refusal(folder.path());
  EXPECT_THAT(message, HasSubstr("no weights"));
  EXPECT_THAT(message, HasSubstr("tf_model.h5"));
}

TEST(Checkpoint, RefusesToServeAnotherShape) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path());
  const Checkpoint checkpoint = Checkpoint::open(folder.path());
  EXPECT_THROW(checkpoint.f32("layernorm.weight", {1, 8}), ModelError);
  EXPECT_THROW(checkpoint.f32("fc_norm.weight", {8}), ModelError);
}

TEST(Checkpoint, SummarisesTheFolder) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path());
  write_file(folder.path() / "README.md",
             "---\ntags: [vision]\nlicense: apache-2.0\n---\nlicense: other\n");
  const CheckpointSummary summary = Checkpoint::open(folder.path()).summary();
  EXPECT_EQ(summary.weights_file, "model.safetensors");
  EXPECT_EQ(summary.stored_dtype, "F32");
  EXPECT_EQ(summary.license, "apache-2.0");
  EXPECT_EQ(summary.weight_bytes, summary.parameters * 4);
}

TEST(Checkpoint, HashesTheWeightFiles) {
  const TemporaryFolder folder;
  write_tiny_model(folder.path());
  const std::string first = Checkpoint::open(folder.path()).sha256();
  EXPECT_EQ(first.size(), 64u);
  auto entries = tiny_entries();
  entries[0].bytes[0] ^= 1;
  write_file(folder.path() / "model.safetensors", safetensors_bytes(entries));
  EXPECT_NE(Checkpoint::open(folder.path()).sha256(), first);
}

}  // namespace
}  // namespace fovea::vision
