// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "compute/ops/launch.hpp"
#include "tests/reference/linear.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"
#include "tests/support/variants.hpp"

namespace fovea::test {
namespace {

using compute::ProgramBuilder;
using compute::ops::Activation;
using compute::ops::LinearPlan;
using compute::ops::Precision;
using compute::ops::Variant;

class ActivationTest : public DeviceTest,
                       public ::testing::WithParamInterface<std::tuple<Activation, Variant>> {};

// A product with the identity shows the activation alone.
TEST_P(ActivationTest, MatchesTheReferenceFromMinusTwelveToTwelve) {
  const auto& [activation, variant] = GetParam();
  if (!supports(device(), variant)) GTEST_SKIP() << "no subgroup shuffle";
  const std::vector<float> identity{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
  Values x{{4096, 4}, std::vector<float>(4096 * 4)};
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    x.data[i] = 24.0f * static_cast<float>(i) / static_cast<float>(x.data.size()) - 12.0f;
  }
  compute::ConstantStore store(device());
  const auto w = upload_linear(device(), store, "w", 4, 4, identity, {}, Precision::fp32);
  const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
    const LinearPlan plan{variant, variant == Variant::subgroup ? 8u : 64u};
    return linear_planned(p, in[0], w, activation, nullptr, plan);
  });
  std::vector<double> expected;
  for (const float value : x.data) expected.push_back(reference::activate(activation, value));
  // erf and exp to some 3e-7, times |x| <= 12 where they are not yet saturated (|x| < 6),
  // plus the rounding of a result of up to 12.
  expect_close(y.data, expected, 2.5e-6);
}

// Where a naive exp(x) overflows or a polynomial runs away.
TEST_P(ActivationTest, StaysFiniteFarOut) {
  const auto& [activation, variant] = GetParam();
  if (!supports(device(), variant)) GTEST_SKIP() << "no subgroup shuffle";
  const std::vector<float> identity{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
  const Values x{{2, 4}, {-1000.0f, -100.0f, -50.0f, -0.0f, 0.0f, 50.0f, 100.0f, 1000.0f}};
  compute::ConstantStore store(device());
  const auto w = upload_linear(device(), store, "w", 4, 4, identity, {}, Precision::fp32);
  const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
    const LinearPlan plan{variant, variant == Variant::subgroup ? 8u : 64u};
    return linear_planned(p, in[0], w, activation, nullptr, plan);
  });
  std::vector<double> expected;
  for (const float value : x.data) expected.push_back(reference::activate(activation, value));
  expect_close(y.data, expected, 1e-4);
}

std::string name_of_activation(const ::testing::TestParamInfo<ActivationTest::ParamType>& info) {
  constexpr const char* kNames[] = {"none", "gelu", "gelu_tanh", "gelu_quick", "relu"};
  return std::string(kNames[static_cast<int>(std::get<0>(info.param))]) + "_" +
         name(std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(
    All, ActivationTest,
    ::testing::Combine(::testing::Values(Activation::none, Activation::gelu, Activation::gelu_tanh,
                                         Activation::gelu_quick, Activation::relu),
                       ::testing::Values(Variant::subgroup, Variant::portable)),
    name_of_activation);

}  // namespace
}  // namespace fovea::test
