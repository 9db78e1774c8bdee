// SPDX-License-Identifier: Apache-2.0
// Which files get which storage of weights, by what their numbers are and not by a name alone.
#include "vision/models/auto_precision.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <gmock/gmock.h>

#include "tests/unit/checkpoint/model_folder.hpp"
#include "vision/checkpoint/stored_tensor.hpp"

namespace fovea::vision {
namespace {

using compute::ops::Precision;
using testing::HasSubstr;
using namespace testing_support;

bool fits(const std::vector<float>& weights) {
  StoredTensor matrix;
  matrix.type = StoredType::f32;
  matrix.element_bytes = sizeof(float);
  matrix.shape = {1, static_cast<std::int64_t>(weights.size())};
  matrix.data = reinterpret_cast<const std::byte*>(weights.data());
  return fits_fp16(matrix);
}

/// As training leaves weights, then cut to `bits` of fraction as a file's type does.
std::vector<float> trained(float deviation, int bits) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.0f, deviation);
  std::vector<float> weights(20'000);
  for (float& weight : weights) {
    const float value = normal(random);
    const float unit = std::ldexp(1.0f, std::ilogb(value) - bits);
    weight = std::nearbyint(value / unit) * unit;
  }
  return weights;
}

TEST(AutoPrecision, TakesWhatHalvesHold) {
  EXPECT_TRUE(fits({0.0f, -1.0f, 0.5f, 65504.0f, 1.0009766f}));
  EXPECT_TRUE(fits({}));
  EXPECT_TRUE(fits({0.0f, 0.0f}));
  // bfloat16 has seven bits of fraction, halves ten: only the smallest weights are moved at all.
  EXPECT_TRUE(fits(trained(0.02f, 7)));
}

TEST(AutoPrecision, RefusesWhatHalvesWouldMove) {
  EXPECT_FALSE(fits(trained(0.02f, 23)));
  EXPECT_FALSE(fits(trained(0.02f, 11)));  // one bit too many
  EXPECT_FALSE(fits({1.00048828f, 1.0f}));
  EXPECT_FALSE(fits({70000.0f}));
  EXPECT_FALSE(fits({std::numeric_limits<float>::quiet_NaN()}));
  // All below what halves hold in full: each is exact in bfloat16 and coarse in fp16.
  EXPECT_FALSE(fits(trained(1e-6f, 7)));
}

/// The choice for the tiny ViT stored as `dtype`, its first matrix made of `odd` where given.
PrecisionChoice choice(const std::string& dtype, std::optional<float> odd = {},
                       bool fp16_is_true = true) {
  const TemporaryFolder folder;
  std::vector<TensorEntry> entries = tiny_entries(Spelling::v4, dtype);
  for (TensorEntry& entry : entries) {
    if (!odd || !entry.name.ends_with("0.output.dense.weight")) continue;
    for (std::size_t at = 0; at < entry.bytes.size(); at += sizeof(float)) {
      std::memcpy(entry.bytes.data() + at, &*odd, sizeof(float));
    }
  }
  write_file(folder.path() / "config.json", kTinyConfig);
  write_file(folder.path() / "model.safetensors", safetensors_bytes(entries));
  return auto_precision(Checkpoint::open(folder.path()), fp16_is_true, true);
}

TEST(AutoPrecision, GoesByTheNumbersOfAllMatrices) {
  for (const char* dtype : {"F16", "BF16", "F32"}) {
    EXPECT_EQ(choice(dtype).precision, Precision::fp16) << dtype;
  }
  const PrecisionChoice trained = choice("F32", 0.1f);
  EXPECT_EQ(trained.precision, Precision::fp32);
  EXPECT_THAT(trained.why, HasSubstr("do not fit fp16"));
}

TEST(AutoPrecision, KnowsThatLayerScaleIsFoldedIn) {
  const TemporaryFolder folder;
  std::vector<TensorEntry> entries = tiny_entries(Spelling::timm, "F16");
  for (const char* name : {"blocks.0.ls1", "blocks.0.ls2", "blocks.1.ls1", "blocks.1.ls2"}) {
    std::string halves;
    for (int i = 0; i < 8; ++i) halves += raw(std::uint16_t{0x2e66});  // 0.1
    entries.push_back({std::string(name) + ".gamma", "F16", {8}, halves});
  }
  write_file(folder.path() / "config.json", kTinyTimmConfig);
  write_file(folder.path() / "model.safetensors", safetensors_bytes(entries));
  const PrecisionChoice choice = auto_precision(Checkpoint::open(folder.path()), true, true);
  EXPECT_EQ(choice.precision, Precision::fp32);
  EXPECT_THAT(choice.why, HasSubstr("LayerScale"));
}

TEST(AutoPrecision, GivesWayToADeviceThatRoundsMore) {
  const PrecisionChoice choice = vision::choice("F16", {}, false);
  EXPECT_EQ(choice.precision, Precision::fp32);
  EXPECT_THAT(choice.why, HasSubstr("ask for it by name"));
}

}  // namespace
}  // namespace fovea::vision
