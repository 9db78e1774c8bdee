// SPDX-License-Identifier: Apache-2.0
// --set, and the options that work the same way.
#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "pipeline/config/config.hpp"

namespace fovea::pipeline {
namespace {

using testing::HasSubstr;

const char* const kYaml =
    "version: 1\nsource: photos\nstages:\n  - classify: some-model\nsinks: [table]\n";

CheckedConfig with(const std::vector<std::string>& overrides) {
  return check_config_text(kYaml, "t.yaml", overrides, false);
}

RunConfig valid(const std::vector<std::string>& overrides) {
  const CheckedConfig checked = with(overrides);
  EXPECT_EQ(to_string(checked.faults), "");
  return checked.config;
}

TEST(Overrides, ReplaceAddAndAppend) {
  EXPECT_EQ(valid({"batch=16"}).batch, 16);
  EXPECT_EQ(valid({"batch=16", "batch=4"}).batch, 4);
  EXPECT_EQ(valid({"limits.max_bytes=64MiB"}).limits.max_bytes, 64U << 20U);
  EXPECT_EQ(valid({"source=elsewhere"}).sources[0].path, "elsewhere");
  EXPECT_EQ(valid({"sinks[1].jsonl.path=a.jsonl"}).sinks.size(), 2U);
  EXPECT_EQ(valid({"sinks=[csv: a.csv, table]"}).sinks.size(), 2U);
}

TEST(Overrides, LeadIntoShortForms) {
  const RunConfig config =
      valid({"stages[0].classify.top=3", "sinks[0].table.max_rows=9", "source.recursive=false"});
  const auto& classify = std::get<ClassifyConfig>(config.stages[0]);
  EXPECT_EQ(classify.model, "some-model");
  EXPECT_EQ(classify.top, 3);
  EXPECT_EQ(std::get<TableConfig>(config.sinks[0].kind).max_rows, 9);
  EXPECT_EQ(config.sources[0].path, "photos");
  EXPECT_FALSE(config.sources[0].recursive);
}

TEST(Overrides, FaultsNameTheOverride) {
  EXPECT_EQ(to_string(with({"stages[0].classify.topp=3"}).faults),
            "--set stages[0].classify: unknown key 'topp'\n"
            "  fix: did you mean 'top'? All keys: fovea schema");
  EXPECT_EQ(to_string(with({"batch=lots"}).faults),
            "--set batch: batch is 'lots'\n  fix: write a whole number or auto");
  EXPECT_THAT(to_string(with({"stages[2].classify.top=3"}).faults),
              HasSubstr("--set stages[2].classify.top: 'stages' has 1 entry, counted from 0"));
  EXPECT_THAT(to_string(with({"version.x=3"}).faults),
              HasSubstr("'version' is a single value, so it has no key 'x'"));
  EXPECT_THAT(to_string(with({"version[0]=3"}).faults), HasSubstr("'version' is not a list"));
  EXPECT_THAT(to_string(with({"stages.x=3"}).faults), HasSubstr("'stages' is a list"));
  EXPECT_THAT(to_string(with({"batch=[1"}).faults), HasSubstr("'[1' is not a value"));
}

TEST(Overrides, PathsThatAreNone) {
  for (const char* path : {"[0]", "a..b", ".a", "a.", "a[", "a[x]", "a[0", "a[0]b", "a[-1]"}) {
    EXPECT_THAT(to_string(with({std::string(path) + "=1"}).faults),
                HasSubstr("is not a path into the configuration"))
        << path;
  }
  EXPECT_THROW(with({"batch"}), ConfigError);
  EXPECT_THROW(with({"=3"}), ConfigError);
}

TEST(Overrides, LiteralValuesAreTakenAsTheyAre) {
  const std::vector<Override> changes{{"SRC", "source.path", "a ${b}: [c].jpg", true},
                                      {"--batch", "batch", "x", true}};
  const CheckedConfig checked = check_config(kYaml, "t.yaml", changes, false);
  EXPECT_EQ(checked.config.sources[0].path, "a ${b}: [c].jpg");
  EXPECT_EQ(to_string(checked.faults),
            "--batch: batch is 'x'\n  fix: write a whole number or auto");
}

}  // namespace
}  // namespace fovea::pipeline
