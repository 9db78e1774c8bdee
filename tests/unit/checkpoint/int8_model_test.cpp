// SPDX-License-Identifier: Apache-2.0
// Int8 models: read with their scales, written from every layout, refused where they lie.
#include "vision/checkpoint/int8_model.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "compute/error.hpp"
#include "tests/reference/quantize.hpp"
#include "tests/support/places.hpp"
#include "tests/unit/checkpoint/model_folder.hpp"
#include "vision/checkpoint/safetensors_writer.hpp"
#include "vision/checkpoint/weight_files.hpp"

namespace fovea::vision {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using namespace testing_support;

const std::string kQuery = "encoder.layer.0.attention.attention.query.weight";

std::string floats(std::initializer_list<float> values) {
  std::string bytes;
  for (const float value : values) bytes += raw(value);
  return bytes;
}

/// The tiny ViT with the first query stored as I8, n - 4 everywhere in row n; `scale` beside it.
std::vector<TensorEntry> with_int8_query(const TensorEntry& scale) {
  std::vector<TensorEntry> entries = tiny_entries();
  for (TensorEntry& entry : entries) {
    if (!entry.name.ends_with(kQuery)) continue;
    entry.dtype = "I8";
    entry.bytes.clear();
    for (int n = 0; n < 8; ++n) entry.bytes += std::string(8, static_cast<char>(n - 4));
  }
  entries.push_back(scale);
  return entries;
}

class Int8Model : public testing::Test {
 protected:
  Checkpoint open(const std::vector<TensorEntry>& entries) {
    write_file(folder_.path() / "config.json", kTinyConfig);
    write_file(folder_.path() / "model.safetensors", safetensors_bytes(entries));
    return Checkpoint::open(folder_.path());
  }
  std::string refusal(const std::vector<TensorEntry>& entries) {
    try {
      open(entries);
    } catch (const ModelError& error) {
      return error.what();
    }
    ADD_FAILURE() << "the model was opened";
    return {};
  }
  std::string scale_name() const { return "vit." + kQuery + "_scale"; }

  TemporaryFolder folder_;
};

TEST_F(Int8Model, ReadsBytesTimesTheScaleOfTheirRow) {
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{8}, {8, 1}}) {
    const Checkpoint checkpoint = open(
        with_int8_query({scale_name(), "F32", shape, floats({1, 2, 0.5f, 1, 1, 0.25f, 0, -1})}));
    const std::vector<float> weight = checkpoint.f32(kQuery, {8, 8});
    const float rows[] = {-4, -6, -1, -1, 0, 0.25f, 0, -3};
    for (std::size_t i = 0; i < weight.size(); ++i) EXPECT_EQ(weight[i], rows[i / 8]) << i;
    EXPECT_EQ(checkpoint.summary().stored_dtype, "I8");
  }
}

TEST_F(Int8Model, RefusesBytesWithoutScales) {
  auto entries = with_int8_query({});
  entries.pop_back();
  EXPECT_THAT(refusal(entries), HasSubstr("is I8, expected F32, F16 or BF16, or I8 with scales"));
}

TEST_F(Int8Model, RefusesScalesThatAreNotOneARow) {
  const std::string four = floats({1, 1, 1, 1});
  const struct {
    const char* dtype;
    std::vector<std::int64_t> shape;
    std::string bytes, named;
  } wrong[] = {{"F32", {4}, four, "F32 [4]"},
               {"F32", {8, 2}, four + four + four + four, "F32 [8, 2]"},
               {"F32", {4, 2}, four + four, "F32 [4, 2]"},
               {"F32", {1, 8}, four + four, "F32 [1, 8]"},
               {"F32", {}, floats({1}), "F32 []"},
               {"F32", {0}, "", "F32 [0]"},
               {"F16", {8}, four, "F16 [8]"},
               {"I8", {8}, "12345678", "I8 [8]"}};
  for (const auto& scale : wrong) {
    EXPECT_THAT(refusal(with_int8_query({scale_name(), scale.dtype, scale.shape, scale.bytes})),
                testing::AllOf(HasSubstr(scale_name() + "' is " + scale.named),
                               HasSubstr("expected one F32 for each of the 8 rows"),
                               HasSubstr("fix:   quantise the model again")));
  }
}

TEST_F(Int8Model, AScaleWithoutItsTensorIsUnknown) {
  auto entries = tiny_entries();
  entries.push_back({scale_name(), "F32", {8}, std::string(32, '\0')});
  EXPECT_THAT(refusal(entries), HasSubstr("unknown:   " + scale_name()));
}

/// The committed folders of tests/unit/checkpoint/data, and the tiny ViT in three spellings.
class Int8FromLayout : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const fs::path data = fovea::test::source_dir() / "tests/unit/checkpoint/data";
    original_ = data / GetParam();
    if (fs::exists(original_)) return;
    original_ = folder_.path() / "original";
    fs::create_directories(original_);
    const bool timm = std::string(GetParam()) == "timm";
    const bool v5 = std::string(GetParam()) == "v5";
    write_file(original_ / "config.json", timm ? kTinyTimmConfig : kTinyConfig);
    write_file(original_ / "README.md", "---\nlicense: mit\n---\n");
    write_file(original_ / "model.safetensors",
               safetensors_bytes(tiny_entries(timm ? Spelling::timm
                                              : v5 ? Spelling::v5
                                                   : Spelling::v4)));
  }
  TemporaryFolder folder_;
  fs::path original_;
};

TEST_P(Int8FromLayout, KeepsEveryTensorWithinHalfAStepOfItsRow) {
  const fs::path target = folder_.path() / "int8";
  const Checkpoint before = Checkpoint::open(original_);
  write_int8_model(before, target);
  const Checkpoint after = Checkpoint::open(target);
  EXPECT_EQ(after.config().labels, before.config().labels);
  EXPECT_EQ(after.preprocess().processor, before.preprocess().processor);
  EXPECT_EQ(after.summary().license, before.summary().license);
  EXPECT_EQ(after.summary().parameters, before.summary().parameters);

  const Int8Summary summary = int8_summary(before);
  EXPECT_EQ(before.summary().weight_bytes, summary.bytes_before);
  EXPECT_EQ(after.summary().weight_bytes, summary.bytes_after);
  std::size_t matrices = 0;
  for (int block = 0; block < before.config().layers; ++block) {
    const auto scope = fmt::format("encoder.layer.{}.", block);
    const std::int64_t width = before.config().hidden_size, mlp = before.config().mlp_size;
    const std::pair<const char*, std::pair<std::int64_t, std::int64_t>> all[] = {
        {"attention.attention.query", {width, width}}, {"attention.attention.key", {width, width}},
        {"attention.attention.value", {width, width}}, {"attention.output.dense", {width, width}},
        {"intermediate.dense", {mlp, width}},          {"output.dense", {width, mlp}}};
    for (const auto& [name, shape] : all) {
      const std::string canonical = scope + name + ".weight";
      const auto [rows, columns] = shape;
      // The slow twin's q s, rounded to f32 once: the reader multiplies in f32 too.
      EXPECT_EQ(after.f32(canonical, {rows, columns}),
                reference::through_int8(before.f32(canonical, {rows, columns}),
                                        static_cast<std::size_t>(columns)))
          << canonical;
      ++matrices;
    }
    EXPECT_EQ(after.f32(scope + "layernorm_before.weight", {width}),
              before.f32(scope + "layernorm_before.weight", {width}));
  }
  // timm's query, key and value are one matrix.
  const std::size_t stored = before.config().family == "timm" ? matrices * 4 / 6 : matrices;
  EXPECT_EQ(summary.layers.size(), stored);
  for (const Int8Layer& layer : summary.layers) {
    EXPECT_LE(layer.worst_error, 0.500001 / 127) << layer.name;
  }
}

TEST_P(Int8FromLayout, SaysInTheConfigWhatItIs) {
  write_int8_model(Checkpoint::open(original_), folder_.path() / "int8");
  const auto config = nlohmann::json::parse(read_file(folder_.path() / "int8/config.json"));
  EXPECT_THAT(config.at("fovea_quantization").at("weights").get<std::string>(), HasSubstr("int8"));
  EXPECT_THAT(read_file(folder_.path() / "int8/model.safetensors"), HasSubstr("weight_scale"));
}

INSTANTIATE_TEST_SUITE_P(Layouts, Int8FromLayout,
                         testing::Values("v4", "v5", "timm", "vit_bin", "vit_shards",
                                         "vit_bin_shards_f16", "deit_bf16", "timm_distilled",
                                         "timm_registers", "timm_deit3"),
                         [](const auto& each) { return std::string(each.param); });

TEST_F(Int8Model, IsNotMadeFromAnInt8Model) {
  write_tiny_model(folder_.path());
  write_int8_model(Checkpoint::open(folder_.path()), folder_.path() / "int8");
  const Checkpoint once = Checkpoint::open(folder_.path() / "int8");
  try {
    int8_summary(once);
    FAIL() << "quantised twice";
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the model's weights are int8 already"));
    EXPECT_THAT(error.what(), HasSubstr("fix:   use it as it is"));
  }
  EXPECT_THROW(write_int8_model(once, folder_.path() / "twice"), ModelError);
  EXPECT_FALSE(fs::exists(folder_.path() / "twice"));
}

TEST_F(Int8Model, IsWrittenWholeOrNotAtAll) {
  auto entries = tiny_entries();
  for (TensorEntry& entry : entries) {
    if (entry.name.ends_with(kQuery)) entry.bytes.replace(0, 4, raw(std::nanf("")));
  }
  const Checkpoint broken = open(entries);
  EXPECT_THROW(write_int8_model(broken, folder_.path() / "int8"), ModelError);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("config.json", "model.safetensors"));
}

TEST_F(Int8Model, LeavesAFolderThatHoldsSomethingAlone) {
  write_tiny_model(folder_.path());
  const fs::path target = folder_.path() / "mine";
  fs::create_directories(target);
  write_file(target / "notes.txt", "mine");
  try {
    write_int8_model(Checkpoint::open(folder_.path()), target);
    FAIL() << "written over";
  } catch (const ModelError& error) {
    EXPECT_EQ(std::string(error.what()),
              "the folder for the int8 model is not empty\n  where: " + target.string() +
                  "\n  fix:   choose a folder that does not exist yet");
  }
  EXPECT_EQ(read_file(target / "notes.txt"), "mine");
}

TEST_F(Int8Model, SaysWhereItCannotBeWritten) {
  write_tiny_model(folder_.path());
  const Checkpoint checkpoint = Checkpoint::open(folder_.path());
  // A file where a folder would have to be: true for root as well.
  try {
    write_int8_model(checkpoint, folder_.path() / "config.json" / "int8");
    FAIL() << "written into a file";
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the int8 model cannot be written"));
  }
  EXPECT_THROW(SafetensorsWriter(folder_.path() / "none" / "a.safetensors", {}, {}), ModelError);
}

}  // namespace
}  // namespace fovea::vision
