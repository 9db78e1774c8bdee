// SPDX-License-Identifier: Apache-2.0
#include "compute/tuning.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace fovea::compute {
namespace {

namespace fs = std::filesystem;

class TuningFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("fovea-tuning-{}", getpid());
    fs::remove_all(folder_);
    key_.vendor_id = 0x10005;
    key_.shader_hash = 42;
    tuning_.set("linear 197x576x192 fp32", "subgroup 24 rows");
    tuning_.set("attention [1, 197, 576]", "subgroup 8 queries");
    ASSERT_TRUE(store_tuning(file(), key_, tuning_));
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path file() const { return folder_ / "deep" / "tuning.txt"; }
  std::string text() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  void write(const std::string& text) const { std::ofstream(file(), std::ios::binary) << text; }

  fs::path folder_;
  CacheKey key_;
  Tuning tuning_;
};

TEST_F(TuningFile, ComesBackAsItWasStored) {
  const Tuning loaded = load_tuning(file(), key_);
  EXPECT_EQ(loaded.plans(), tuning_.plans());
  EXPECT_EQ(loaded.find("linear 197x576x192 fp32"), "subgroup 24 rows");
  EXPECT_EQ(loaded.find("linear 1x1x1 fp32"), std::nullopt);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "deep"), fs::directory_iterator()), 1)
      << "something was left beside the file";
}

TEST_F(TuningFile, AnEmptyOneIsWholeToo) {
  ASSERT_TRUE(store_tuning(file(), key_, {}));
  EXPECT_TRUE(load_tuning(file(), key_).plans().empty());
}

TEST_F(TuningFile, OfAnotherDeviceDriverOrShaderSetIsIgnored) {
  const auto changed = [&](auto change) {
    CacheKey other = key_;
    change(other);
    return load_tuning(file(), other).plans().empty();
  };
  EXPECT_TRUE(changed([](CacheKey& key) { key.vendor_id = 2; }));
  EXPECT_TRUE(changed([](CacheKey& key) { key.device_id = 2; }));
  EXPECT_TRUE(changed([](CacheKey& key) { key.driver_version = 9; }));
  EXPECT_TRUE(changed([](CacheKey& key) { key.driver_uuid[15] = 1; }));
  EXPECT_TRUE(changed([](CacheKey& key) { key.shader_hash = 43; }));
  EXPECT_FALSE(changed([](CacheKey&) {}));
}

TEST_F(TuningFile, DamagedAnywhereCountsAsAbsent) {
  const std::string whole = text();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x15);
    write(damaged);
    EXPECT_TRUE(load_tuning(file(), key_).plans().empty()) << "byte " << at;
    write(whole.substr(0, at));
    EXPECT_TRUE(load_tuning(file(), key_).plans().empty()) << at << " bytes";
  }
  write(whole + "x");
  EXPECT_TRUE(load_tuning(file(), key_).plans().empty());
  fs::remove(file());
  EXPECT_TRUE(load_tuning(file(), key_).plans().empty());
}

TEST_F(TuningFile, AFolderThatCannotBeWrittenIsNotAnError) {
  EXPECT_FALSE(store_tuning("/proc/no/tuning.txt", key_, tuning_));
}

}  // namespace
}  // namespace fovea::compute
