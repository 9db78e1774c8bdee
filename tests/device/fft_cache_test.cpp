// SPDX-License-Identifier: Apache-2.0
// VkFFT's kernels between runs: generated once, taken from the file afterwards, generated anew
// where the file is damaged or another's.
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "compute/fft_plan.hpp"
#include "compute/ops/fft.hpp"
#include "tests/support/device_fixture.hpp"
#include "tests/support/run_op.hpp"

namespace fovea::compute {
namespace {

namespace fs = std::filesystem;

class FftCacheTest : public test::DeviceTest {
 protected:
  void SetUp() override {
    if (!ops::has_fft()) GTEST_SKIP() << "VkFFT " << ops::fft_version();
    DeviceTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    options_.request = device().info().name;
    options_.cache_dir = fs::temp_directory_path() / fmt::format("fovea-fft-{}", getpid());
    fs::remove_all(options_.cache_dir);
  }
  void TearDown() override {
    if (!options_.cache_dir.empty()) fs::remove_all(options_.cache_dir);
    DeviceTest::TearDown();
  }

  /// One run of the program: the same transform on a device of its own. Were kernels generated, so
  /// that there was something to keep?
  bool generates() {
    Device own(options_);
    const test::Values x = test::random_values({1, 4, 6}, 1);
    const test::Values y = test::run_op(
        own, {x}, [](ProgramBuilder& p, const auto& in) { return ops::rfft2(p, in[0]); });
    if (spectrum_.empty()) spectrum_ = y.data;
    EXPECT_EQ(y.data, spectrum_);
    return fft_plans(own).save();
  }
  fs::path file() const {
    for (const auto& entry : fs::directory_iterator(options_.cache_dir)) {
      if (entry.path().filename().string().starts_with("fft-")) return entry.path();
    }
    return {};
  }

  DeviceOptions options_;
  std::vector<float> spectrum_;
};

TEST_F(FftCacheTest, OnlyTheFirstStartGenerates) {
  EXPECT_TRUE(generates());
  EXPECT_FALSE(generates());
  const auto whole = fs::file_size(file());
  fs::resize_file(file(), whole / 2);
  EXPECT_TRUE(generates());
  EXPECT_EQ(fs::file_size(file()), whole);
  EXPECT_FALSE(generates());
}

TEST(FftKernels, AreThoseOfTheirDeviceDriverAndVersion) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("fovea-kernels-{}", getpid());
  const FftKernels kernels{{"forward 1x4x6", {std::byte{1}, std::byte{2}}},
                           {"inverse 1x4x6", {std::byte{3}}}};
  CacheKey key;
  key.driver_version = 7;
  ASSERT_TRUE(store_fft_kernels(folder / "fft.bin", key, kernels));
  EXPECT_EQ(load_fft_kernels(folder / "fft.bin", key), kernels);
  CacheKey other = key;
  other.driver_version = 8;
  EXPECT_TRUE(load_fft_kernels(folder / "fft.bin", other).empty());
  other = key;
  other.shader_hash = 1;  // of VkFFT's version
  EXPECT_TRUE(load_fft_kernels(folder / "fft.bin", other).empty());
  EXPECT_TRUE(load_fft_kernels(folder / "none.bin", key).empty());
  fs::remove_all(folder);
}

}  // namespace
}  // namespace fovea::compute
