// SPDX-License-Identifier: Apache-2.0
// Resampled position embeddings against torch.nn.functional.interpolate's.
#include "vision/models/positions.hpp"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/places.hpp"
#include "vision/preprocess/npy.hpp"

namespace fovea::vision {
namespace {

struct Case {
  PositionResampling resampling;
  const char* stem;
};

const std::filesystem::path kData =
    fovea::test::source_dir() / "tests/golden/models/data/positions";

PatchGrid grid_of(const NpyArray& array) {
  return {static_cast<int>(array.shape[0]), static_cast<int>(array.shape[1])};
}

class TorchPositions : public testing::TestWithParam<Case> {};

TEST_P(TorchPositions, AreTheSame) {
  const NpyArray from = read_npy(kData / (std::string(GetParam().stem) + ".from.npy"));
  const NpyArray to = read_npy(kData / (std::string(GetParam().stem) + ".to.npy"));
  const auto resampled =
      resample_positions(from.values, grid_of(from), grid_of(to), 3, GetParam().resampling);
  ASSERT_EQ(resampled.size(), to.values.size());
  for (std::size_t i = 0; i < resampled.size(); ++i) {
    // torch computed in double and both are rounded to f32 once: one unit in the last place of
    // values below 4, and as much for the rounded source.
    EXPECT_NEAR(resampled[i], to.values[i], 1e-6) << "value " << i;
  }
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const char* stem : {"plain_4x4_to_7x5", "plain_14x14_to_9x11", "plain_3x5_to_6x4",
                           "plain_16x16_to_3x37", "plain_1x1_to_4x2", "plain_2x3_to_2x3"}) {
    all.push_back({PositionResampling::bicubic, stem});
  }
  for (const char* stem :
       {"antialias_4x4_to_7x5", "antialias_14x14_to_9x11", "antialias_3x5_to_6x4",
        "antialias_16x16_to_3x37", "antialias_1x1_to_4x2", "antialias_2x3_to_2x3"}) {
    all.push_back({PositionResampling::bicubic_antialias, stem});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Grids, TorchPositions, testing::ValuesIn(cases()),
                         [](const auto& test) { return std::string(test.param.stem); });

TEST(Positions, TheTwoKindsDifferWhereTheGridShrinks) {
  const NpyArray from = read_npy(kData / "plain_14x14_to_9x11.from.npy");
  const PatchGrid own = grid_of(from), smaller{9, 11};
  EXPECT_NE(
      resample_positions(from.values, own, smaller, 3, PositionResampling::bicubic),
      resample_positions(from.values, own, smaller, 3, PositionResampling::bicubic_antialias));
}

}  // namespace
}  // namespace fovea::vision
