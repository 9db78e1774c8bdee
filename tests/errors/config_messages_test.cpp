// SPDX-License-Identifier: Apache-2.0
// One letter wrong in the YAML is found before the run, with its place and the way out.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "pipeline/config/config.hpp"
#include "tests/support/places.hpp"

namespace fovea::pipeline {
namespace {
namespace fs = std::filesystem;

const fs::path kFolder = fovea::test::source_dir() / "tests/errors/config";

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class ConfigMessage : public testing::TestWithParam<std::string> {};

TEST_P(ConfigMessage, IsAsExpected) {
  const fs::path expected = kFolder / (GetParam() + ".txt");
  ASSERT_TRUE(fs::exists(expected));
  const std::string yaml = read(kFolder / (GetParam() + ".yaml"));
  const CheckedConfig checked = check_config_text(yaml, GetParam() + ".yaml", {}, false);
  EXPECT_EQ(to_string(checked.faults) + "\n", read(expected));
}

INSTANTIATE_TEST_SUITE_P(Cases, ConfigMessage, testing::ValuesIn(case_names()),
                         [](const auto& named) {
                           std::string name = named.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(ConfigMessages, AreEnough) { EXPECT_GE(case_names().size(), 25U); }

}  // namespace
}  // namespace fovea::pipeline
