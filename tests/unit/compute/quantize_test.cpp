// SPDX-License-Identifier: Apache-2.0
#include "compute/ops/quantize.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "tests/reference/quantize.hpp"
#include "tests/support/run_op.hpp"

namespace fovea::test {
namespace {

using compute::ops::quantize_rows;
using compute::ops::QuantizedRows;
using ::testing::Each;
using ::testing::ElementsAre;

TEST(QuantizeRows, IsWithinHalfAStepOfEveryWeight) {
  for (const std::size_t columns : {1u, 3u, 13u, 127u, 768u}) {
    for (const float size : {1e-30f, 3e-3f, 1.0f, 70000.0f, 1e38f}) {
      const Values weight = random_values({11, static_cast<std::int64_t>(columns)}, 5, size);
      const QuantizedRows rows = quantize_rows(weight.data, columns, "w");
      ASSERT_EQ(rows.values.size(), weight.data.size());
      ASSERT_EQ(rows.scales.size(), 11u);
      for (std::size_t i = 0; i < weight.data.size(); ++i) {
        const double s = rows.scales[i / columns];
        // Half a step, and the rounding of the quotient: 127 * 2^-53 of a step.
        EXPECT_LE(std::abs(weight.data[i] - rows.values[i] * s), 0.5000001 * s) << i;
        EXPECT_NE(rows.values[i], -128) << "the range is symmetric";
      }
    }
  }
}

TEST(QuantizeRows, IsTheSlowTwins) {
  const Values weight = random_values({29, 197}, 3, 0.1f);
  const QuantizedRows rows = quantize_rows(weight.data, 197, "w");
  const reference::Int8Rows twin = reference::int8_rows(weight.data, 197);
  EXPECT_EQ(rows.scales, twin.scale);
  EXPECT_EQ(std::vector<std::int64_t>(rows.values.begin(), rows.values.end()), twin.q);
}

TEST(QuantizeRows, GivesTheLargestOfEachRow127) {
  const QuantizedRows rows =
      quantize_rows(std::vector<float>{0.5f, -2.0f, 1.0f, 3.0f, 0.1f, -0.1f}, 3, "w");
  EXPECT_EQ(rows.values[1], -127);
  EXPECT_EQ(rows.values[3], 127);
  EXPECT_THAT(rows.scales, ElementsAre(2.0f / 127.0f, 3.0f / 127.0f));
}

TEST(QuantizeRows, RoundsTiesToEven) {
  // The largest makes the step exactly 1.
  const QuantizedRows rows =
      quantize_rows(std::vector<float>{127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 0.49f}, 7, "w");
  EXPECT_THAT(rows.values, ElementsAre(127, 0, 2, 2, 0, -2, 0));
}

TEST(QuantizeRows, OfItsOwnResultChangesNothing) {
  const Values weight = random_values({31, 64}, 9, 0.02f);
  const QuantizedRows first = quantize_rows(weight.data, 64, "w");
  std::vector<float> back(weight.data.size());
  for (std::size_t i = 0; i < back.size(); ++i) {
    back[i] = static_cast<float>(first.values[i]) * first.scales[i / 64];
  }
  const QuantizedRows second = quantize_rows(back, 64, "w");
  EXPECT_EQ(second.values, first.values);
  for (std::size_t n = 0; n < first.scales.size(); ++n) {
    EXPECT_LE(std::abs(second.scales[n] / first.scales[n] - 1.0f), 0x1p-23f);
  }
}

TEST(QuantizeRows, IsTheSameForARowTimesAFactor) {
  const Values weight = random_values({1, 255}, 4);
  std::vector<float> scaled = weight.data;
  for (float& value : scaled) value *= -0x1p-9f;  // exact
  const QuantizedRows one = quantize_rows(weight.data, 255, "w");
  const QuantizedRows other = quantize_rows(scaled, 255, "w");
  for (std::size_t i = 0; i < scaled.size(); ++i) EXPECT_EQ(other.values[i], -one.values[i]);
  EXPECT_EQ(other.scales[0], one.scales[0] * 0x1p-9f);
}

TEST(QuantizeRows, TakesZerosAndTheSmallestNumbers) {
  const float tiny = std::numeric_limits<float>::denorm_min();
  const QuantizedRows rows = quantize_rows(std::vector<float>{0, -0.0f, tiny, -tiny}, 2, "w");
  EXPECT_THAT(rows.values, Each(0));
  EXPECT_THAT(rows.scales, Each(std::numeric_limits<float>::min()));
  const std::vector<float> zeros(6);
  EXPECT_EQ(worst_relative_error(zeros, quantize_rows(zeros, 3, "w")), 0.0);
}

TEST(QuantizeRows, TakesTheLargestNumber) {
  const float largest = std::numeric_limits<float>::max();
  const QuantizedRows rows = quantize_rows(std::vector<float>{largest, -largest, 1}, 3, "w");
  EXPECT_THAT(rows.values, ElementsAre(127, -127, 0));
}

TEST(QuantizeRows, RefusesWhatIsNotANumber) {
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    EXPECT_THROW(quantize_rows(std::vector<float>{1, bad}, 2, "w"), ModelError);
  }
  EXPECT_EQ(error_text([] {
              quantize_rows(std::vector<float>{1, -std::numeric_limits<float>::infinity()}, 1,
                            "encoder.layer.3.output.dense.weight");
            }),
            "a weight of -inf cannot be stored as int8\n"
            "  where: encoder.layer.3.output.dense.weight\n"
            "  fix:   check the weights for damage: no precision gives right answers");
}

TEST(WorstRelativeError, IsAtMostHalfAStepOf127) {
  const Values weight = random_values({50, 300}, 6);
  const double worst = worst_relative_error(weight.data, quantize_rows(weight.data, 300, "w"));
  EXPECT_LE(worst, 0.5000001 / 127);
  EXPECT_GT(worst, 0.45 / 127) << "among 15,000 weights one comes near the middle of a step";
  EXPECT_NEAR(worst_relative_error(std::vector<float>{127, 0.25f},
                                   quantize_rows(std::vector<float>{127, 0.25f}, 2, "w")),
              0.25 / 127, 1e-9);
}

}  // namespace
}  // namespace fovea::test
