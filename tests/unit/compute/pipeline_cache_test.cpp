// SPDX-License-Identifier: Apache-2.0
#include "compute/pipeline_cache.hpp"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace fovea::compute {
namespace {

class PipelineCacheFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("fovea-cache-{}", getpid());
    std::filesystem::remove_all(folder_);
    key_.vendor_id = 1;
    key_.shader_hash = 42;
    for (int i = 0; i < 1000; ++i) data_.push_back(static_cast<std::byte>(i * 7));
    ASSERT_TRUE(store_pipeline_cache(file(), key_, data_));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file() const { return folder_ / "deep" / "pipelines.bin"; }
  void change_byte(std::streamoff at) {
    std::fstream io(file(), std::ios::binary | std::ios::in | std::ios::out);
    io.seekg(at);
    const int old = io.get();
    io.seekp(at);
    io.put(static_cast<char>(old ^ 0x55));
  }

  std::filesystem::path folder_;
  CacheKey key_;
  std::vector<std::byte> data_;
};

TEST_F(PipelineCacheFile, ComesBackAsItWasStored) {
  EXPECT_EQ(load_pipeline_cache(file(), key_), data_);
}

TEST_F(PipelineCacheFile, OfAnotherDeviceDriverOrShaderSetIsIgnored) {
  CacheKey other = key_;
  other.driver_version = 9;
  EXPECT_TRUE(load_pipeline_cache(file(), other).empty());
  other = key_;
  other.shader_hash = 43;
  EXPECT_TRUE(load_pipeline_cache(file(), other).empty());
  other = key_;
  other.driver_uuid[15] = 1;
  EXPECT_TRUE(load_pipeline_cache(file(), other).empty());
}

TEST_F(PipelineCacheFile, DamagedAnywhereCountsAsAbsent) {
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(file()));
  for (std::streamoff at = 0; at < size; at += 61) {
    change_byte(at);
    EXPECT_TRUE(load_pipeline_cache(file(), key_).empty()) << "byte " << at;
    change_byte(at);
  }
  std::filesystem::resize_file(file(), static_cast<std::uintmax_t>(size) - 1);
  EXPECT_TRUE(load_pipeline_cache(file(), key_).empty());
  std::filesystem::resize_file(file(), 3);
  EXPECT_TRUE(load_pipeline_cache(file(), key_).empty());
}

TEST_F(PipelineCacheFile, IsReplacedWholeAndLeavesNoTemporaryBehind) {
  data_.assign(10, std::byte{1});
  ASSERT_TRUE(store_pipeline_cache(file(), key_, data_));
  EXPECT_EQ(load_pipeline_cache(file(), key_), data_);
  const auto entries = std::filesystem::directory_iterator(file().parent_path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST_F(PipelineCacheFile, ThatCannotBeWrittenIsNoError) {
  EXPECT_FALSE(store_pipeline_cache("/proc/nowhere/pipelines.bin", key_, data_));
}

TEST(ShaderHash, IsStable) { EXPECT_EQ(hash_of_all_shaders(), hash_of_all_shaders()); }

}  // namespace
}  // namespace fovea::compute
