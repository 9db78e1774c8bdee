// SPDX-License-Identifier: Apache-2.0
#include "tests/reference/layer_norm.hpp"

#include <string>
#include <tuple>

#include "compute/ops/launch.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"
#include "tests/support/variants.hpp"

namespace fovea::test {
namespace {

using compute::ProgramBuilder;
using compute::ops::Reads;
using compute::ops::Variant;

using Case = std::tuple<std::pair<Variant, Reads>, int, int>;  // and rows, channels

class LayerNormTest : public DeviceTest, public ::testing::WithParamInterface<Case> {
 protected:
  void compare(const Values& x, float epsilon, double tolerance) {
    const std::int64_t channels = x.shape[-1];
    const Values gamma = random_values({channels}, 2), beta = random_values({channels}, 3);
    compute::ConstantStore store(device());
    const auto w = compute::ops::upload_layer_norm(store, "norm", gamma.data, beta.data, epsilon);
    const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
      const auto& [variant, reads] = std::get<0>(GetParam());
      return layer_norm_variant(p, in[0], w, variant, reads);
    });
    expect_close(y.data, reference::layer_norm(x.data, gamma.data, beta.data, epsilon), tolerance);
  }
};

TEST_P(LayerNormTest, MatchesTheReference) {
  const auto& [family, rows, channels] = GetParam();
  if (!supports(device(), family.first)) GTEST_SKIP() << "no subgroup shuffle";
  // Normalised values reach sqrt(C) <= 64; mean and variance carry a few roundings of 2^-24.
  compare(random_values({rows, channels}, 1), 1e-6f, 1e-5);
}

// A variance taken as E[x^2] - E[x]^2 in f32 would lose everything here.
TEST_P(LayerNormTest, SurvivesAMeanFarFromZero) {
  const auto& [family, rows, channels] = GetParam();
  if (!supports(device(), family.first)) GTEST_SKIP() << "no subgroup shuffle";
  Values x = random_values({rows, channels}, 1);
  for (float& value : x.data) value += 1000.0f;
  // The mean itself rounds by 1000 * 2^-24 = 6e-5 of a deviation of 0.6, a few times over. With one
  // channel the deviation is zero and that rounding is divided by sqrt(epsilon) = 0.03.
  compare(x, 1e-3f, channels == 1 ? 4e-3 : 1e-3);
}

std::string name_of_layernorm(const ::testing::TestParamInfo<LayerNormTest::ParamType>& info) {
  const auto& [variant, reads] = std::get<0>(info.param);
  return name(variant) + "_" + name(reads) + "_" + std::to_string(std::get<1>(info.param)) + "x" +
         std::to_string(std::get<2>(info.param));
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, LayerNormTest,
    ::testing::Combine(::testing::Values(std::pair(Variant::subgroup, Reads::addresses),
                                         std::pair(Variant::subgroup, Reads::texels),
                                         std::pair(Variant::subgroup, Reads::buffers),
                                         std::pair(Variant::portable, Reads::buffers)),
                       ::testing::Values(1, 13, 197),
                       ::testing::Values(1, 7, 8, 9, 63, 64, 65, 127, 165, 192, 257, 768, 4096)),
    name_of_layernorm);

}  // namespace
}  // namespace fovea::test
