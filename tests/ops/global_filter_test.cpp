// SPDX-License-Identifier: Apache-2.0
// global_filter against the sums that define it, and the circular convolution that it is.
#include "compute/ops/global_filter.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/reference/global_filter.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"

namespace fovea::test {
namespace {

using compute::ProgramBuilder;

struct GridCase {
  std::int64_t batch, rows, columns, channels;
};

Values filter_on_device(compute::Device& device, const Values& x, const Values& weight,
                        const GridCase& grid) {
  compute::ConstantStore store(device);
  const auto filter = compute::ops::upload_global_filter(store, "filter", grid.rows, grid.columns,
                                                         grid.channels, weight.data);
  return run_op(device, {x}, [&](ProgramBuilder& p, const auto& in) {
    return compute::ops::global_filter(p, in[0], filter);
  });
}

class GlobalFilterTest : public DeviceTest, public ::testing::WithParamInterface<GridCase> {};

TEST_P(GlobalFilterTest, IsWhatTheSumsSay) {
  const auto [batch, rows, columns, channels] = GetParam();
  const Values x = random_values({batch, rows * columns, channels}, 1);
  const Values weight = random_values({rows, columns / 2 + 1, channels, 2}, 2);
  const Values y = filter_on_device(device(), x, weight, GetParam());
  EXPECT_EQ(y.shape, x.shape);
  // The transforms keep the sum of squares, so values are of the size of x times the filters',
  // below 4 here; each passes four sums of at most 16 f32 products, rounded by 2^-24 each: some
  // 1e-6 where all errors add up.
  expect_close(y.data,
               reference::global_filter<float>(x.data, weight.data, static_cast<std::size_t>(batch),
                                               static_cast<std::size_t>(rows),
                                               static_cast<std::size_t>(columns),
                                               static_cast<std::size_t>(channels)),
               2e-6);
}

INSTANTIATE_TEST_SUITE_P(Grids, GlobalFilterTest,
                         ::testing::Values(GridCase{2, 14, 14, 13}, GridCase{1, 14, 14, 127},
                                           GridCase{3, 7, 7, 9}, GridCase{2, 7, 5, 8},
                                           GridCase{1, 13, 9, 17}, GridCase{1, 1, 1, 3},
                                           GridCase{2, 2, 1, 5}, GridCase{1, 1, 2, 1},
                                           GridCase{1, 16, 15, 3}, GridCase{1, 4, 32, 2}),
                         [](const auto& test) {
                           const GridCase& c = test.param;
                           return "b" + std::to_string(c.batch) + "_" + std::to_string(c.rows) +
                                  "x" + std::to_string(c.columns) + "x" +
                                  std::to_string(c.channels);
                         });

/// A filter of ones passes everything; one that delays each frequency by one row and two columns
/// moves the picture so, around its edges.
TEST_F(GlobalFilterTest, OnesChangeNothingAndDelaysMoveThePicture) {
  const GridCase grid{1, 5, 6, 2};
  const Values x = random_values({1, 30, 2}, 3);
  Values ones{{5, 4, 2, 2}, {}}, delays{{5, 4, 2, 2}, {}};
  for (int at = 0; at < 5 * 4 * 2; ++at) {
    const reference::Wave delay = reference::wave(-(at / 8) / 5.0 - 2 * (at / 2 % 4) / 6.0);
    ones.data.insert(ones.data.end(), {1.0f, 0.0f});
    delays.data.insert(delays.data.end(),
                       {static_cast<float>(delay.real()), static_cast<float>(delay.imag())});
  }
  expect_close(filter_on_device(device(), x, ones, grid).data, {x.data.begin(), x.data.end()},
               1e-6);
  std::vector<double> moved;
  for (int h = 0; h < 5; ++h) {
    for (int w = 0; w < 6; ++w) {
      for (int c = 0; c < 2; ++c) {
        const int from = ((h + 4) % 5 * 6 + (w + 4) % 6) * 2 + c;
        moved.push_back(x.data[static_cast<std::size_t>(from)]);
      }
    }
  }
  expect_close(filter_on_device(device(), x, delays, grid).data, moved, 1e-6);
}

TEST_F(GlobalFilterTest, RefusesOtherSizes) {
  compute::ConstantStore store(device());
  const auto upload = [&](std::int64_t rows, std::int64_t columns, std::size_t values) {
    return compute::ops::upload_global_filter(store, "filter", rows, columns, 3,
                                              std::vector<float>(values));
  };
  EXPECT_EQ(error_text([&] { upload(4, 4, 71); }),
            "global_filter: 71 values for a grid of 4 x 4 and 3 channels\n"
            "  where: filter\n"
            "  fix:   pass [H, W / 2 + 1, C, 2] values for sides of 1 to 32");
  EXPECT_THAT(error_text([&] { upload(33, 1, 33 * 6); }), ::testing::HasSubstr("33 x 1"));

  const auto filter = upload(4, 4, 72);
  ProgramBuilder builder(device(), "wrong");
  const auto x = builder.input("x", {{2, 15, 3}});
  EXPECT_EQ(error_text([&] { compute::ops::global_filter(builder, x, filter); }),
            "global_filter: x [2, 15, 3] for filters of 4 x 4 tokens and 3 channels\n"
            "  where: filter\n"
            "  fix:   pass [B, 16, 3]");
}

}  // namespace
}  // namespace fovea::test
