// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/bench_profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fovea::pipeline {
namespace {

using testing::HasSubstr;
using testing::Not;

Profile small_profile() {
  Profile profile;
  profile.device = "a device";
  profile.peak_gflop_per_s = 200;
  profile.peak_gbyte_per_s = 10;
  profile.wall_ms = 6.5;
  profile.device_ms = 6;
  profile.steps = {{"embeddings.patches", "patches", 1, 1.0, 0, 4e6},
                   {"encoder.layer.0.output", "linear", 1, 2.0, 244e6, 1e6},
                   {"encoder.layer.1.output", "linear", 1, 2.0, 244e6, 1e6},
                   {"encoder.layer.1.attention", "attention", 1, 3.0, 60e6, 1e6}};
  return profile;
}

std::vector<std::string> names(ProfileBy by) {
  std::vector<std::string> result;
  for (const ProfiledStep& row : grouped(small_profile().steps, by)) result.push_back(row.name);
  return result;
}

TEST(BenchProfile, StepsArePutTogetherAsAsked) {
  using testing::ElementsAre;
  EXPECT_THAT(names(ProfileBy::place), ElementsAre("embeddings.patches", "encoder.layer.*.output",
                                                   "encoder.layer.*.attention"));
  EXPECT_THAT(names(ProfileBy::block),
              ElementsAre("embeddings", "encoder.layer.0", "encoder.layer.1"));
  EXPECT_THAT(names(ProfileBy::kernel), ElementsAre("patches", "linear", "attention"));
  EXPECT_EQ(names(ProfileBy::step).size(), 4U);
  EXPECT_EQ(profile_by("block"), ProfileBy::block);
  EXPECT_EQ(profile_by("blocks"), std::nullopt);
}

TEST(BenchProfile, AGroupIsTheSumOfItsSteps) {
  const ProfiledStep linear = grouped(small_profile().steps, ProfileBy::kernel)[1];
  EXPECT_EQ(linear.calls, 2);
  EXPECT_DOUBLE_EQ(linear.ms, 4.0);
  EXPECT_DOUBLE_EQ(linear.gflop_per_s(), 122.0);  // 488 MFLOP in 4 ms
  EXPECT_DOUBLE_EQ(linear.gbyte_per_s(), 0.5);    // 2 MB in 4 ms
  const ProfiledStep block = grouped(small_profile().steps, ProfileBy::block)[2];
  EXPECT_EQ(block.kernel, "") << "linear and attention are not one kernel";
  EXPECT_DOUBLE_EQ(ProfiledStep{}.gflop_per_s(), 0.0) << "no time is no rate, not NaN";
}

TEST(BenchProfile, TheTableHoldsRatesAgainstThePeaks) {
  const std::string text = profile_text(small_profile(), ProfileBy::place);
  EXPECT_THAT(text, HasSubstr("61 % of 200"));  // 122 of 200 GFLOP/s
  EXPECT_THAT(text, HasSubstr("40 % of 10"));   // 4 MB in 1 ms
  EXPECT_THAT(text, HasSubstr("50.0 %"));       // 4 ms of 8
  EXPECT_THAT(text, HasSubstr("8.00 ms step by step, 6.00 ms on the device and 6.50 ms in all"));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
  EXPECT_THAT(profile_text(Profile{}, ProfileBy::place), Not(HasSubstr("nan")));
}

TEST(BenchProfile, JsonSaysTheSame) {
  const Json json = profile_json(small_profile(), ProfileBy::place);
  EXPECT_EQ(json.at("rows").size(), 3U);
  const Json& linear = json.at("rows").at(1);
  EXPECT_EQ(linear.at("calls"), 2);
  EXPECT_DOUBLE_EQ(linear.at("share").get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(json.at("peaks").at("gflop_per_s").get<double>(), 200.0);
  EXPECT_DOUBLE_EQ(json.at("steps_ms").get<double>(), 8.0);
}

}  // namespace
}  // namespace fovea::pipeline
