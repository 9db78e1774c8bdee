// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <vector>

#include "compute/ops/launch.hpp"
#include "compute/ops/linear_layout.hpp"
#include "compute/ops/storage.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"

namespace fovea::test {
namespace {

using compute::ProgramBuilder;
using compute::ops::LinearLayout;
using compute::ops::Precision;

/// To the nearest half, ties to even, as a double: the 11 significant bits of IEEE 754.
double nearest_half(double value) {
  if (value == 0.0) return 0.0;
  const int exponent = std::max(std::ilogb(value), -14);
  const double unit = std::ldexp(1.0, exponent - 10);
  return std::nearbyint(value / unit) * unit;
}

class LinearWeightsTest : public DeviceTest {};

// x = 1 and one depth: each column of the result is the weight as the kernel reads it.
TEST_F(LinearWeightsTest, Fp16RoundsToNearestEven) {
  std::vector<float> weight{0.0f,          1.0f,        -1.0f,           65504.0f,  65519.0f,
                            1.00048828f,   1.0009766f,  1.0014648f,      -0.33333f, 6.1035156e-05f,
                            6.103e-05f,    5.9605e-08f, 2.98023224e-08f, 3.0e-08f,  -8.9e-08f,
                            1.401298e-45f, 3.1415927f,  2047.5f,         2048.5f,   -2049.5f};
  for (const float value : random_values({480}, 7, 0.1f).data) weight.push_back(value);
  const auto columns = static_cast<std::int64_t>(weight.size());
  compute::ConstantStore store(device());
  const auto w = upload_linear(device(), store, "w", columns, 1, weight, {}, Precision::fp16);
  const Values y =
      run_op(device(), {Values{{1, 1}, {1.0f}}},
             [&](ProgramBuilder& p, const auto& in) { return compute::ops::linear(p, in[0], w); });
  for (std::size_t i = 0; i < weight.size(); ++i) {
    // GPUs may flush subnormal halves (below 2^-14) to zero on the way to f32. Software devices do
    // not, which loses_only_storage() promises.
    const double expected = nearest_half(weight[i]);
    const bool may_flush = !loses_only_storage(device(), Precision::fp16);
    if (may_flush && std::fabs(expected) < std::ldexp(1.0, -14) && y.data[i] == 0.0f) continue;
    EXPECT_EQ(y.data[i], expected) << weight[i];
  }
}

TEST(LinearLayoutTest, GivesEveryElementItsOwnPlace) {
  for (const LinearLayout layout : {LinearLayout{1, 1}, LinearLayout{33, 7}, LinearLayout{64, 8}}) {
    std::vector<int> uses(layout.element_count());
    for (std::size_t n = 0; n < static_cast<std::size_t>(layout.out_features); ++n) {
      for (std::size_t k = 0; k < static_cast<std::size_t>(layout.in_features); ++k) {
        ASSERT_LT(layout.index(n, k), uses.size());
        EXPECT_EQ(++uses[layout.index(n, k)], 1) << n << ", " << k;
      }
    }
  }
}

TEST_F(LinearWeightsTest, Fp16RefusesWhatItCannotHold) {
  compute::ConstantStore store(device());
  const std::vector<float> large{1.0f, 70000.0f}, broken{std::nanf(""), 1.0f};
  EXPECT_EQ(
      error_text([&] { upload_linear(device(), store, "head", 1, 2, large, {}, Precision::fp16); }),
      "a weight of 70000 does not fit fp16\n  where: head\n  fix:   use --precision fp32");
  EXPECT_THROW(upload_linear(device(), store, "head", 1, 2, broken, {}, Precision::fp16),
               ModelError);
}

}  // namespace
}  // namespace fovea::test
