// SPDX-License-Identifier: Apache-2.0
// rfft2, irfft2 against the formula in double; on any device, VkFFT or none.
#include "compute/ops/fft.hpp"

#include <cstring>
#include <string>
#include <vector>

#include "tests/reference/fft.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/fft_tolerance.hpp"
#include "tests/support/run_op.hpp"

namespace fovea::test {
namespace {

using compute::ProgramBuilder;
using compute::Shape;
using compute::Tensor;
using ::testing::HasSubstr;

struct FftCase {
  std::int64_t planes, rows, columns;

  std::size_t b() const { return static_cast<std::size_t>(planes); }
  std::size_t h() const { return static_cast<std::size_t>(rows); }
  std::size_t w() const { return static_cast<std::size_t>(columns); }
};

class FftTest : public DeviceTest, public ::testing::WithParamInterface<FftCase> {
 protected:
  void SetUp() override {
    if (!compute::ops::has_fft()) GTEST_SKIP() << "VkFFT " << compute::ops::fft_version();
    DeviceTest::SetUp();
  }
  Values planes() const {
    return random_values({GetParam().planes, GetParam().rows, GetParam().columns}, 5);
  }
};

TEST_P(FftTest, IsTheFormulas) {
  const FftCase c = GetParam();
  const Values x = planes();
  const Values y = run_op(device(), {x}, [](ProgramBuilder& p, const auto& in) {
    return compute::ops::rfft2(p, in[0]);
  });
  EXPECT_EQ(y.shape, (Shape{c.planes, c.rows, c.columns / 2 + 1, 2}));
  expect_close(y.data, reference::rfft2(x.data, c.b(), c.h(), c.w()),
               fft_tolerance(largest_norm(x.data, c.b()), c.h() * c.w()));
}

/// Any spectrum, with imaginary parts where no real plane has them.
TEST_P(FftTest, GoesBackAsTheFormulaDoes) {
  const FftCase c = GetParam();
  const Values spectrum = random_values({c.planes, c.rows, c.columns / 2 + 1, 2}, 6);
  const Values x = run_op(device(), {spectrum}, [&](ProgramBuilder& p, const auto& in) {
    return compute::ops::irfft2(p, in[0], c.columns);
  });
  EXPECT_EQ(x.shape, (Shape{c.planes, c.rows, c.columns}));
  const std::size_t elements = c.h() * c.w();
  // Mirrored columns count twice in the norm; the result is divided by the number of elements.
  const double norm = std::sqrt(2.0) * largest_norm(spectrum.data, c.b());
  expect_close(x.data, reference::irfft2(spectrum.data, c.b(), c.h(), c.w()),
               fft_tolerance(norm, elements) / static_cast<double>(elements));
}

TEST_P(FftTest, ThereAndBackIsTheSame) {
  const FftCase c = GetParam();
  const Values x = planes();
  const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
    return compute::ops::irfft2(p, compute::ops::rfft2(p, in[0]), c.columns);
  });
  // The error of the way there, spread over the elements, and that of the way back.
  const std::size_t elements = c.h() * c.w();
  const double norm = largest_norm(x.data, c.b());
  expect_close(y.data, std::vector<double>(x.data.begin(), x.data.end()),
               2 * fft_tolerance(norm, elements) / std::sqrt(static_cast<double>(elements)));
}

std::string name_of_fft(const ::testing::TestParamInfo<FftTest::ParamType>& info) {
  return std::to_string(info.param.planes) + "x" + std::to_string(info.param.rows) + "x" +
         std::to_string(info.param.columns);
}

// Powers of two, products of the small primes that VkFFT has kernels for (2 to 13), and a prime
// that goes through a convolution. Few: a software device compiles most of a second for each.
INSTANTIATE_TEST_SUITE_P(Sizes, FftTest,
                         ::testing::Values(FftCase{1, 1, 2}, FftCase{3, 1, 13}, FftCase{1, 1, 127},
                                           FftCase{2, 7, 5}, FftCase{5, 14, 14}, FftCase{2, 16, 16},
                                           FftCase{1, 120, 160}),
                         name_of_fft);

class FftProgramTest : public DeviceTest {
 protected:
  void SetUp() override {
    if (!compute::ops::has_fft()) GTEST_SKIP() << "VkFFT " << compute::ops::fft_version();
    DeviceTest::SetUp();
  }
};

/// Two transforms of one size in one program, in every slot: one VkFFT application, six sets of
/// descriptors.
TEST_F(FftProgramTest, OneSizeServesManyStepsAndSlots) {
  ProgramBuilder builder(device(), "many");
  const Shape shape{2, 6, 10};
  Tensor x = builder.input("x", {shape});
  const Tensor first = compute::ops::irfft2(builder, compute::ops::rfft2(builder, x), 10);
  const Tensor second = compute::ops::rfft2(builder, first);
  builder.output("y", second);
  compute::Program program = std::move(builder).build(3);
  std::vector<compute::Run> runs;
  std::vector<Values> inputs;
  for (unsigned seed = 1; seed <= 3; ++seed) {
    inputs.push_back(random_values(shape, seed));
    runs.push_back(program.begin());
    std::memcpy(runs.back().input("x").data(), inputs.back().data.data(),
                inputs.back().data.size() * sizeof(float));
    runs.back().submit();
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].wait();
    std::vector<float> y(runs[i].output("y").size() / sizeof(float));
    std::memcpy(y.data(), runs[i].output("y").data(), runs[i].output("y").size());
    expect_close(y, reference::rfft2(inputs[i].data, 2, 6, 10),
                 3 * fft_tolerance(largest_norm(inputs[i].data, 2), 60));
  }
}

TEST_F(FftProgramTest, ListsItsStepsLikeAnyOther) {
  ProgramBuilder builder(device(), "list");
  const Tensor x = builder.input("x", {{1, 8, 8}});
  builder.output("y", compute::ops::irfft2(builder, compute::ops::rfft2(builder, x), 8));
  const compute::Program program = std::move(builder).build(1);
  ASSERT_EQ(program.steps().size(), 3u);
  EXPECT_EQ(program.steps()[0].name, "rfft2");
  EXPECT_EQ(program.steps()[0].kernel, "vkfft");
  EXPECT_EQ(program.steps()[1].name, "hermitian");
  EXPECT_TRUE(program.steps()[2].barrier_before);
  EXPECT_GT(program.steps()[2].flop, 0);
}

class FftErrorsTest : public DeviceTest {};

TEST_F(FftErrorsTest, RefusesOneColumn) {
  ProgramBuilder p(device(), "test");
  const Tensor x = p.input("x", {{1, 8, 1}});
  EXPECT_THAT(error_text([&] { compute::ops::rfft2(p, x); }),
              HasSubstr("rfft2: planes of 1 column(s) have no spectrum of half their width\n"
                        "  where: rfft2\n"
                        "  fix:   give planes of 2 columns or more; a single column can be given "
                        "as a row"));
}

TEST_F(FftErrorsTest, RefusesASpectrumOfAnotherWidth) {
  ProgramBuilder p(device(), "test");
  const Tensor x = p.input("x", {{1, 8, 5, 2}});
  EXPECT_THAT(error_text([&] { compute::ops::irfft2(p, x, 10); }),
              HasSubstr("irfft2: a spectrum [1, 8, 5, 2] is not that of planes 10 columns wide\n"
                        "  where: irfft2\n"
                        "  fix:   give [B, H, 6, 2]"));
}

TEST_F(FftErrorsTest, SaysWhereTheBuildHasNone) {
  if (compute::ops::has_fft()) {
    EXPECT_NO_THROW(compute::ops::require_fft("stage 'change'"));
    return;
  }
  EXPECT_THAT(
      error_text([] { compute::ops::require_fft("stage 'change'"); }),
      HasSubstr("stage 'change' needs Fourier transforms, and this build has none: VkFFT "));
}

}  // namespace
}  // namespace fovea::test
