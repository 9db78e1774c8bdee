// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/stored_tensor.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "compute/error.hpp"

namespace fovea::vision {
namespace {

/// IEEE 754-2019, 3.4, read off the page: the slow twin.
double half_by_definition(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const double sign = (bits >> 15) != 0 ? -1.0 : 1.0;
  if (exponent == 31) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
  }
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

TEST(StoredTensor, WidensEveryHalf) {
  for (int bits = 0; bits < 65536; ++bits) {
    const double expected = half_by_definition(static_cast<std::uint16_t>(bits));
    const float widened = half_to_float(static_cast<std::uint16_t>(bits));
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(widened)) << bits;
    } else {
      ASSERT_EQ(widened, expected) << bits;
      ASSERT_EQ(std::signbit(widened), std::signbit(expected)) << bits;
    }
  }
}

TEST(StoredTensor, WidensBfloat) {
  EXPECT_EQ(bfloat16_to_float(0x3f80), 1.0f);
  EXPECT_EQ(bfloat16_to_float(0xc049), -3.140625f);
  EXPECT_TRUE(std::isinf(bfloat16_to_float(0x7f80)));
}

TEST(StoredTensor, ReadsStridesAndUnalignedBytes) {
  std::vector<std::byte> storage(1 + 12 * sizeof(float));
  for (int i = 0; i < 12; ++i) {
    const auto value = static_cast<float>(i);
    std::memcpy(storage.data() + 1 + static_cast<std::size_t>(i) * sizeof value, &value,
                sizeof value);
  }
  StoredTensor tensor;
  tensor.type = StoredType::f32;
  tensor.element_bytes = 4;
  tensor.data = storage.data() + 1;
  tensor.shape = {4, 3};
  tensor.strides = {1, 4};  // the transpose of [3, 4]
  EXPECT_EQ(widen(tensor, "test"), (std::vector<float>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
  EXPECT_EQ(widen(rows_of(tensor, 1, 2), "test"), (std::vector<float>{1, 5, 9, 2, 6, 10}));
}

TEST(StoredTensor, CountsWithoutOverflow) {
  std::int64_t count = 0;
  EXPECT_TRUE(checked_element_count({}, count));
  EXPECT_EQ(count, 1);
  EXPECT_TRUE(checked_element_count({std::int64_t{1} << 40, 0}, count));
  EXPECT_EQ(count, 0);
  EXPECT_FALSE(checked_element_count({std::int64_t{1} << 40, std::int64_t{1} << 40}, count));
  EXPECT_FALSE(checked_element_count({-1}, count));
}

TEST(StoredTensor, RefusesTypesThatAreNoWeights) {
  StoredTensor tensor;
  tensor.name = "position_ids";
  tensor.type_name = "I64";
  EXPECT_THROW(widen(tensor, "test"), ModelError);
}

}  // namespace
}  // namespace fovea::vision
