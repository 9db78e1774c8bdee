// SPDX-License-Identifier: Apache-2.0
// patches, tokens, select_token, first_tokens, mean_tokens, average.
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "compute/ops/launch.hpp"
#include "tests/reference/average.hpp"
#include "tests/reference/mean_tokens.hpp"
#include "tests/reference/patches.hpp"
#include "tests/reference/select_token.hpp"
#include "tests/reference/tokens.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"

namespace fovea::test {
namespace {

using compute::ProgramBuilder;
using compute::Shape;

struct PatchCase {
  std::int64_t batch, height, width;
  int patch_h, patch_w;
};

class PatchesTest : public DeviceTest, public ::testing::WithParamInterface<PatchCase> {};

TEST_P(PatchesTest, AreCutAsTheReferenceCutsThem) {
  const auto [batch, height, width, patch_h, patch_w] = GetParam();
  const Values image = random_values({batch, 3, height, width}, 1);
  const Values y = run_op(device(), {image}, [&](ProgramBuilder& p, const auto& in) {
    return compute::ops::patches(p, in[0], GetParam().patch_h, GetParam().patch_w);
  });
  expect_close(
      y.data,
      reference::patches(image.data, static_cast<std::size_t>(batch),
                         static_cast<std::size_t>(height), static_cast<std::size_t>(width),
                         static_cast<std::size_t>(patch_h), static_cast<std::size_t>(patch_w)),
      0.0);
}

/// Every byte by a table of its own; noise, so that a byte from the wrong place shows.
TEST_P(PatchesTest, OfPixelsHoldWhatTheTableSays) {
  const auto [batch, height, width, patch_h, patch_w] = GetParam();
  const Values table = random_values({3, 256}, 2);
  std::mt19937 random(3);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(batch * height * width * 3));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() >> 24);
  std::vector<float> planes(bytes.size());
  const auto plane = static_cast<std::size_t>(height * width);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t pixel = i / 3, channel = i % 3;
    planes[(pixel / plane * 3 + channel) * plane + pixel % plane] =
        table.data[channel * 256 + bytes[i]];
  }

  compute::ConstantStore store(device());
  compute::ProgramBuilder builder(device(), "pixels");
  const compute::ops::Pixels pixels{
      builder.input("pixels", {{batch, height, width, 3}, compute::DType::u8}),
      compute::ops::upload_table(store, "values", table.shape, table.data)};
  builder.output("y", compute::ops::patches(builder, pixels, patch_h, patch_w));
  compute::Program program = std::move(builder).build(1);
  compute::Run run = program.begin();
  std::memcpy(run.input("pixels").data(), bytes.data(), bytes.size());
  run.submit();
  run.wait();
  std::vector<float> y(run.output("y").size() / sizeof(float));
  std::memcpy(y.data(), run.output("y").data(), run.output("y").size());
  expect_close(
      y,
      reference::patches(planes, static_cast<std::size_t>(batch), static_cast<std::size_t>(height),
                         static_cast<std::size_t>(width), static_cast<std::size_t>(patch_h),
                         static_cast<std::size_t>(patch_w)),
      0.0);
}

std::string name_of_patches(const ::testing::TestParamInfo<PatchesTest::ParamType>& info) {
  const PatchCase& c = info.param;
  return "b" + std::to_string(c.batch) + "_" + std::to_string(c.height) + "x" +
         std::to_string(c.width) + "_by_" + std::to_string(c.patch_h) + "x" +
         std::to_string(c.patch_w);
}

INSTANTIATE_TEST_SUITE_P(Sizes, PatchesTest,
                         ::testing::Values(PatchCase{1, 1, 1, 1, 1}, PatchCase{1, 32, 32, 4, 4},
                                           PatchCase{2, 33, 47, 16, 16},
                                           PatchCase{3, 30, 42, 7, 14},
                                           PatchCase{1, 224, 224, 16, 16},
                                           PatchCase{1, 64, 96, 32, 32}, PatchCase{2, 5, 5, 3, 2}),
                         name_of_patches);

struct TokenCase {
  std::int64_t batch, tokens, channels;
};

class TokenOpsTest : public DeviceTest, public ::testing::WithParamInterface<TokenCase> {
 protected:
  std::size_t batch() const { return static_cast<std::size_t>(GetParam().batch); }
  std::size_t tokens() const { return static_cast<std::size_t>(GetParam().tokens); }
  std::size_t channels() const { return static_cast<std::size_t>(GetParam().channels); }
  Values input() const {
    return random_values({GetParam().batch, GetParam().tokens, GetParam().channels}, 1);
  }
};

TEST_P(TokenOpsTest, TokensPutsPrefixesInFrontAndAddsPositions) {
  const Values x = input();
  for (const std::int64_t prefixes : {0, 1, 2, 5}) {
    compute::ConstantStore store(device());
    const std::int64_t channels = GetParam().channels, count = prefixes + GetParam().tokens;
    const Values positions = random_values({count, channels}, 3);
    const auto position_table =
        compute::ops::upload_table(store, "positions", positions.shape, positions.data);
    Values prefix{{}, {}};
    compute::ops::Table prefix_table;
    if (prefixes > 0) {
      prefix = random_values({prefixes, channels}, 2);
      prefix_table = compute::ops::upload_table(store, "prefix", prefix.shape, prefix.data);
    }
    const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
      return compute::ops::tokens(p, in[0], prefix_table, position_table);
    });
    EXPECT_EQ(y.shape, (Shape{GetParam().batch, count, channels}));
    // One addition of values below 1.
    expect_close(y.data, reference::tokens(x.data, prefix.data, positions.data, batch()), 1.2e-7);
  }
}

TEST_P(TokenOpsTest, SelectTokenCopiesOneRow) {
  const Values x = input();
  for (const std::size_t token : {std::size_t{0}, tokens() / 2, tokens() - 1}) {
    const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
      return compute::ops::select_token(p, in[0], static_cast<std::int64_t>(token));
    });
    expect_close(y.data, reference::select_token(x.data, batch(), tokens(), channels(), token),
                 0.0);
  }
}

TEST_P(TokenOpsTest, FirstTokensCopiesTheFirstRows) {
  const Values x = input();
  for (const std::size_t count : {std::size_t{1}, (tokens() + 1) / 2, tokens()}) {
    const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
      return compute::ops::first_tokens(p, in[0], static_cast<std::int64_t>(count));
    });
    ASSERT_EQ(y.data.size(), batch() * count * channels());
    for (std::size_t i = 0; i < y.data.size(); ++i) {
      const std::size_t b = i / (count * channels());
      ASSERT_EQ(y.data[i], x.data[b * (tokens() - count) * channels() + i]) << i;
    }
  }
}

TEST_P(TokenOpsTest, MeanTokensAveragesFromTheFirst) {
  const Values x = input();
  for (const std::size_t first : {std::size_t{0}, std::size_t{1}, std::size_t{2}, tokens() - 1}) {
    if (first >= tokens()) continue;
    const Values y = run_op(device(), {x}, [&](ProgramBuilder& p, const auto& in) {
      return compute::ops::mean_tokens(p, in[0], static_cast<std::int64_t>(first));
    });
    // Sums of up to 5,200 values below 1 in four parts; the mean divides the roundings again.
    expect_close(y.data, reference::mean_tokens(x.data, batch(), tokens(), channels(), first),
                 1e-6);
  }
}

TEST_P(TokenOpsTest, AverageIsTheMeanOfTwo) {
  const Values a = input(), b = random_values(a.shape, 9);
  const Values y = run_op(device(), {a, b}, [&](ProgramBuilder& p, const auto& in) {
    return compute::ops::average(p, in[0], in[1]);
  });
  expect_close(y.data, reference::average(a.data, b.data), 6e-8);
}

std::string name_of_tokenops(const ::testing::TestParamInfo<TokenOpsTest::ParamType>& info) {
  const TokenCase& c = info.param;
  return std::to_string(c.batch) + "x" + std::to_string(c.tokens) + "x" +
         std::to_string(c.channels);
}

INSTANTIATE_TEST_SUITE_P(Sizes, TokenOpsTest,
                         ::testing::Values(TokenCase{1, 1, 1}, TokenCase{2, 13, 10},
                                           TokenCase{1, 127, 63}, TokenCase{3, 197, 192},
                                           TokenCase{5, 257, 65}, TokenCase{1, 5200, 8}),
                         name_of_tokenops);

}  // namespace
}  // namespace fovea::test
