// SPDX-License-Identifier: Apache-2.0
// linear by bytes: the rows' rounding against the slow twin, the product against the same integers
// in 64 bits. By one instruction where the device has it and by shifts elsewhere; by matrices of
// bytes where it has those.
#include <bit>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "compute/kernel.hpp"
#include "compute/ops/launch.hpp"
#include "tests/reference/linear.hpp"
#include "tests/reference/quantize.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"
#include "tests/support/variants.hpp"

namespace fovea::test {
namespace {

using compute::DType;
using compute::ProgramBuilder;
using compute::Tensor;
using compute::ops::Activation;
using compute::ops::LinearPlan;
using compute::ops::Precision;
using compute::ops::Variant;
using compute::ops::WeightLayout;

/// What quantize_rows leaves on the device.
reference::Int8Rows rows_on_device(compute::Device& device, const Values& x) {
  const std::int64_t rows = x.shape.row_count(), depth = x.shape[-1];
  const std::int64_t words = (depth + 3) / 4;
  const Values y = run_op(device, {x}, [&](ProgramBuilder& p, const auto& in) {
    const Tensor out = p.value("rows", {{rows, 1 + words}, DType::i32});
    const std::array<std::uint32_t, 1> lanes{64};
    const std::array<std::uint32_t, 2> push{static_cast<std::uint32_t>(rows),
                                            static_cast<std::uint32_t>(depth)};
    p.dispatch("rows", {kernels(p.device()).get("quantize_rows", lanes),
                        {in[0]},
                        {out},
                        compute::push_bytes(push),
                        {static_cast<std::uint32_t>(rows), 1, 1}});
    return out;
  });
  reference::Int8Rows found;
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* at = y.data.data() + row * (1 + words);
    found.scale.push_back(*at++);
    for (std::int64_t k = 0; k < 4 * words; ++k) {
      const auto word = std::bit_cast<std::uint32_t>(at[k / 4]);
      const auto byte = static_cast<std::int8_t>(word >> (8 * (k % 4)));
      if (k < depth) {
        found.q.push_back(byte);
      } else {
        EXPECT_EQ(byte, 0) << "beyond the row's end";
      }
    }
  }
  return found;
}

class QuantizeRowsOp : public DeviceTest {};

TEST_F(QuantizeRowsOp, RoundsToHalfAStep) {
  for (const std::int64_t depth : {1, 3, 4, 63, 64, 65, 257, 3072}) {
    const Values x = random_values({9, depth}, static_cast<unsigned>(depth), 30.0f);
    const reference::Int8Rows found = rows_on_device(device(), x);
    const reference::Int8Rows twin = reference::int8_rows(x.data, static_cast<std::size_t>(depth));
    for (std::size_t i = 0; i < x.data.size(); ++i) {
      const std::size_t row = i / static_cast<std::size_t>(depth);
      // Vulkan grants a division 2.5 units in the last place.
      ASSERT_NEAR(found.scale[row], twin.scale[row], 3e-7 * twin.scale[row]);
      ASSERT_LE(std::abs(found.q[i]), 127);
      ASSERT_LE(std::abs(x.data[i] - static_cast<double>(found.q[i]) * found.scale[row]),
                (0.5 + 127 * 6e-7) * found.scale[row])
          << "depth " << depth << ", element " << i;
    }
  }
}

TEST_F(QuantizeRowsOp, TakesZerosAndMarksWhatIsNotFinite) {
  Values x = random_values({5, 7}, 1);
  for (int k = 0; k < 7; ++k) x.data[static_cast<std::size_t>(k)] = 0.0f;
  x.data[7 + 3] = std::numeric_limits<float>::infinity();
  x.data[14 + 2] = -std::numeric_limits<float>::infinity();
  x.data[21 + 6] = std::nanf("");
  const reference::Int8Rows found = rows_on_device(device(), x);
  for (std::size_t k = 0; k < 7; ++k) EXPECT_EQ(found.q[k], 0);
  EXPECT_GT(found.scale[0], 0.0f);
  for (const std::size_t row : {1u, 2u, 3u}) EXPECT_TRUE(std::isnan(found.scale[row])) << row;
  EXPECT_TRUE(std::isfinite(found.scale[4]));
}

constexpr LinearPlan kDot8{Variant::dot8}, kMatrices{Variant::coopmat8, 64, 64, 1};

/// Bytes packed for `plan`; they stay in `store`.
compute::ops::Linear upload_bytes(compute::Device& device, compute::ConstantStore& store,
                                  const LinearPlan& plan, std::int64_t columns, std::int64_t depth,
                                  std::span<const float> weight, std::span<const float> bias = {}) {
  return upload_linear_as(weight_layout(plan.variant), device, store, "w", columns, depth, weight,
                          bias, Precision::int8);
}

struct Size {
  std::int64_t rows, columns, depth;
};
// Around the tile (64 rows, 64 columns, 32 depths), words that are not full, one of everything.
constexpr Size kSizes[] = {{1, 1, 1},       {1, 1000, 192}, {7, 31, 3},   {13, 10, 330},
                           {63, 65, 31},    {64, 64, 32},   {65, 63, 33}, {127, 127, 127},
                           {197, 192, 192}, {257, 100, 13}, {5, 68, 3072}};

// Depths that no part of three is empty of, as plan_matrix() splits; more columns than 128.
constexpr Size kSplitSizes[] = {{13, 10, 330}, {5, 132, 3072}, {129, 260, 192}};
constexpr Size kLargeSizes[] = {{129, 132, 96}, {257, 260, 160}};

class LinearBytes
    : public DeviceTest,
      public ::testing::WithParamInterface<std::tuple<LinearPlan, Size, Activation, bool>> {};

TEST_P(LinearBytes, SumsTheSameIntegers) {
  const auto& [plan, size, activation, with_residual] = GetParam();
  std::string why_not;
  if (!can_run(device(), plan.variant, &why_not)) GTEST_SKIP() << why_not;
  const Values x = random_values({size.rows, size.depth}, 1, 3.0f);
  const Values weight = random_values({size.columns, size.depth}, 2, 0.2f);
  const Values bias = random_values({size.columns}, 3);
  const Values residual = random_values({size.rows, size.columns}, 4);
  const reference::Int8Rows a = rows_on_device(device(), x);
  const reference::Int8Rows w =
      reference::int8_rows(weight.data, static_cast<std::size_t>(size.depth));

  compute::ConstantStore store(device());
  const auto uploaded =
      upload_bytes(device(), store, plan, size.columns, size.depth, weight.data, bias.data);
  const Values y = run_op(device(), {x, residual}, [&](ProgramBuilder& p, const auto& in) {
    const auto& [by, of, then, add] = GetParam();
    const Tensor product = linear_planned(p, in[0], uploaded, then, add ? &in[1] : nullptr, by);
    return add ? product : compute::ops::average(p, product, in[1]);
  });

  std::vector<double> expected(y.data.size());
  double largest = 0;
  for (std::int64_t m = 0; m < size.rows; ++m) {
    for (std::int64_t n = 0; n < size.columns; ++n) {
      std::int64_t sum = 0;
      for (std::int64_t k = 0; k < size.depth; ++k) {
        sum += a.q[static_cast<std::size_t>(m * size.depth + k)] *
               w.q[static_cast<std::size_t>(n * size.depth + k)];
      }
      const double product = static_cast<double>(sum) * a.scale[static_cast<std::size_t>(m)] *
                             w.scale[static_cast<std::size_t>(n)];
      largest = std::max(largest, std::abs(product));
      const auto at = static_cast<std::size_t>(m * size.columns + n);
      const double value =
          reference::activate(activation, product + bias.data[static_cast<std::size_t>(n)]);
      expected[at] = with_residual ? value + residual.data[at] : (value + residual.data[at]) / 2;
    }
  }
  // The integers are exact. Then: integer to float, two factors, bias, residual, each rounded by
  // 2^-24 of what is there, as are the sums of a depth's parts; GELU's polynomial in f32 adds 3e-7
  // of its argument.
  expect_close(y.data, expected, (largest + 2) * 6e-7 + 1e-6);
}

std::string name_of(const ::testing::TestParamInfo<LinearBytes::ParamType>& info) {
  const auto& [plan, size, activation, with_residual] = info.param;
  return name(plan.variant) + "_" + std::to_string(plan.rows) + "_split" +
         std::to_string(plan.splits) + "_" + std::to_string(size.rows) + "x" +
         std::to_string(size.columns) + "x" + std::to_string(size.depth) +
         (activation == Activation::none ? "" : "_gelu") + (with_residual ? "_residual" : "");
}

auto cases(LinearPlan plan, std::span<const Size> sizes) {
  return ::testing::Combine(
      ::testing::Values(plan), ::testing::ValuesIn(sizes.begin(), sizes.end()),
      ::testing::Values(Activation::none, Activation::gelu), ::testing::Bool());
}
INSTANTIATE_TEST_SUITE_P(Dot8, LinearBytes, cases(kDot8, kSizes), name_of);
INSTANTIATE_TEST_SUITE_P(Matrices, LinearBytes, cases(kMatrices, kSizes), name_of);
INSTANTIATE_TEST_SUITE_P(Split, LinearBytes, cases({Variant::coopmat8, 64, 64, 3}, kSplitSizes),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Large, LinearBytes, cases({Variant::coopmat8, 128, 128, 1}, kLargeSizes),
                         name_of);

class LinearDot8Op : public DeviceTest {};

TEST_F(LinearDot8Op, ByShiftsAndByInstructionAreTheSame) {
  if (!device().limits().byte_dots) GTEST_SKIP() << "no VK_KHR_shader_integer_dot_product";
  const Values x = random_values({70, 99}, 1), weight = random_values({130, 99}, 2);
  compute::ConstantStore store(device());
  const auto w = upload_bytes(device(), store, kDot8, 130, 99, weight.data);
  std::vector<Values> results;
  for (const bool by_shifts : {false, true}) {
    LinearPlan plan = kDot8;
    plan.by_shifts = by_shifts;
    results.push_back(run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
      return linear_planned(p, in[0], w, Activation::none, nullptr, plan);
    }));
  }
  EXPECT_EQ(results[0].data, results[1].data);
}

class LinearBytesOp : public DeviceTest, public ::testing::WithParamInterface<LinearPlan> {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    std::string why_not;
    if (!can_run(device(), GetParam().variant, &why_not)) GTEST_SKIP() << why_not;
  }
};
INSTANTIATE_TEST_SUITE_P(, LinearBytesOp, ::testing::Values(kDot8, kMatrices),
                         [](const auto& of) { return name(of.param.variant); });

TEST_P(LinearBytesOp, HoldsTheLargestSumOfItsLongestDepth) {
  // 127 * 127 * 32,768 is a quarter of what 32 bits hold.
  constexpr std::int64_t kDepth = 32'768;
  const Values x{{1, kDepth}, std::vector<float>(kDepth, -1.0f)};
  const std::vector<float> weight(2 * kDepth, 1.0f);
  compute::ConstantStore store(device());
  const auto w = upload_bytes(device(), store, GetParam(), 2, kDepth, weight);
  const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
    return linear_planned(p, in[0], w, Activation::none, nullptr, GetParam());
  });
  for (const float value : y.data) EXPECT_NEAR(value, -32'768.0f, 0.02f);
}

TEST_P(LinearBytesOp, ARowThatIsNotFiniteStaysAlone) {
  Values x = random_values({3, 5}, 1);
  x.data[5] = std::numeric_limits<float>::infinity();
  const Values weight = random_values({4, 5}, 2);
  compute::ConstantStore store(device());
  const auto w = upload_bytes(device(), store, GetParam(), 4, 5, weight.data);
  const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
    return linear_planned(p, in[0], w, Activation::none, nullptr, GetParam());
  });
  for (std::size_t i = 0; i < y.data.size(); ++i) {
    EXPECT_EQ(std::isfinite(y.data[i]), i / 4 != 1) << i;
  }
}

class LinearBytesRefusal : public DeviceTest {
 protected:
  /// What is said of a weight of `precision` packed as `layout`, or of its product by `variant`.
  std::string refusal(Variant variant, WeightLayout layout, Precision precision) {
    return error_text([&] {
      compute::ConstantStore store(device());
      const std::vector<float> weight(4, 1.0f);
      const auto w = upload_linear_as(layout, device(), store, "head", 2, 2, weight, {}, precision);
      ProgramBuilder p(device(), "test");
      linear_planned(p, p.input("x", {{1, 2}}), w, Activation::none, nullptr, {variant});
    });
  }
};

TEST_F(LinearBytesRefusal, WeightsOfAnotherPrecision) {
  EXPECT_EQ(refusal(Variant::dot8, WeightLayout::blocks, Precision::fp32),
            "linear: bytes times fp32\n  where: head\n  fix:   upload the weight as int8");
  EXPECT_EQ(refusal(Variant::coopmat8, WeightLayout::rows, Precision::fp16),
            "linear: bytes times fp16\n  where: head\n  fix:   upload the weight as int8");
  EXPECT_EQ(refusal(Variant::coopmat, WeightLayout::rows, Precision::int8),
            "linear: coopmat takes no bytes\n  where: head\n  fix:   upload the weight as fp16");
  EXPECT_EQ(refusal(Variant::coopmat8, WeightLayout::rows, Precision::fp32),
            "linear: weights in rows are fp16 or int8\n  where: head\n"
            "  fix:   use --precision fp16");
}

TEST_F(LinearBytesRefusal, WeightsPackedForAnotherVariant) {
  EXPECT_EQ(refusal(Variant::coopmat8, WeightLayout::blocks, Precision::int8),
            "linear: the weights are not packed for coopmat8\n  where: head\n"
            "  fix:   upload them with upload_linear_as()");
  EXPECT_EQ(refusal(Variant::dot8, WeightLayout::rows, Precision::int8),
            "linear: the weights are not packed for dot8\n  where: head\n"
            "  fix:   upload them with upload_linear_as()");
}

class LinearBytesChoice : public DeviceTest {};

TEST_F(LinearBytesChoice, TakesMatricesOfAGpuThenAnInstructionThenNeither) {
  const bool gpu = device().info().kind != compute::DeviceKind::software;
  const bool matrices = gpu && can_run(device(), Variant::coopmat8);
  const bool dots = !matrices && device().limits().fast_byte_dots;
  compute::ConstantStore store(device());
  const std::vector<float> weight(16, 1.0f);
  for (const Precision precision : {Precision::fp32, Precision::fp16, Precision::int8}) {
    const auto w = upload_linear(device(), store, "w", 4, 4, weight, {}, precision);
    const Variant variant = compute::ops::plan_linear(device(), w, 197).variant;
    EXPECT_EQ(variant == Variant::coopmat8, matrices && precision == Precision::int8);
    EXPECT_EQ(variant == Variant::dot8, dots && precision == Precision::int8);
  }
}

}  // namespace
}  // namespace fovea::test
