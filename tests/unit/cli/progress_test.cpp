// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/progress.hpp"

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "pipeline/cli/execute.hpp"
#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {
namespace {

Progress some() {
  Progress progress;
  progress.done = 41'000;
  progress.failed = 7;
  progress.filtered = 196;
  progress.total = 120'000;
  progress.elapsed_s = 50.7;
  progress.images_per_s = 812.4;
  progress.bottleneck = "compute";
  return progress;
}

TEST(Progress, TheLineForPeople) {
  EXPECT_EQ(progress_line(some(), true),
            "41,203/120,000 34 % · 812 img/s · ETA 1:37 · 7 errors · compute-bound");
  EXPECT_EQ(progress_line(some(), false),
            "41,203/120,000 34 % | 812 img/s | ETA 1:37 | 7 errors | compute-bound");
}

TEST(Progress, OnlyWhatIsKnown) {
  Progress progress;
  EXPECT_EQ(progress_line(progress, true), "0 pictures");
  progress.done = 1;
  progress.images_per_s = 0.25;
  EXPECT_EQ(progress_line(progress, true), "1 picture · 0.2 img/s");
  progress.total = 1;
  progress.failed = 0;
  EXPECT_EQ(progress_line(progress, true), "1/1 100 % · 0.2 img/s");
}

TEST(Progress, TheLineForPrograms) {
  const Json json = Json::parse(progress_json(some()));
  EXPECT_EQ(json.at("done"), 41'000);
  EXPECT_EQ(json.at("failed"), 7);
  EXPECT_EQ(json.at("filtered"), 196);
  EXPECT_EQ(json.at("total"), 120'000);
  EXPECT_NEAR(json.at("eta_s").get<double>(), 97, 0.1);
  EXPECT_EQ(json.at("bottleneck"), "compute");
  EXPECT_TRUE(Json::parse(progress_json({})).at("total").is_null());
}

TEST(Progress, ClocksAndGroups) {
  EXPECT_EQ(clock_text(0), "0:00");
  EXPECT_EQ(clock_text(59.6), "1:00");
  EXPECT_EQ(clock_text(97), "1:37");
  EXPECT_EQ(clock_text(3723), "1:02:03");
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
}

TEST(Progress, Modes) {
  std::FILE* file = std::tmpfile();
  EXPECT_EQ(parse_progress("auto", file), ProgressMode::lines) << "a file is no terminal";
  EXPECT_EQ(parse_progress("bar", file), ProgressMode::bar);
  EXPECT_EQ(parse_progress("none", file), ProgressMode::none);
  EXPECT_THROW(parse_progress("loud", file), ConfigError);
  std::fclose(file);
}

std::string shown(ProgressMode mode, std::chrono::milliseconds interval, int updates) {
  std::FILE* file = std::tmpfile();
  {
    ProgressDisplay display(mode, file, interval);
    display.notice("device: some");
    for (int i = 0; i < updates; ++i) display.update(some());
    display.finish();
  }
  std::rewind(file);
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

TEST(Progress, WhatEachModeWrites) {
  using testing::HasSubstr;
  EXPECT_EQ(shown(ProgressMode::none, std::chrono::seconds(10), 3), "");
  EXPECT_EQ(shown(ProgressMode::lines, std::chrono::seconds(10), 3), "device: some\n")
      << "ten seconds have not passed";
  const std::string lines = shown(ProgressMode::lines, std::chrono::milliseconds(0), 3);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 4);
  const std::string json = shown(ProgressMode::json, std::chrono::seconds(10), 3);
  EXPECT_EQ(std::count(json.begin(), json.end(), '\n'), 1) << "the last state, once";
  const std::string bar = shown(ProgressMode::bar, std::chrono::seconds(10), 2);
  EXPECT_THAT(bar, HasSubstr("41,203/120,000"));
  EXPECT_THAT(bar, testing::EndsWith("\r\x1b[K")) << "the bar goes away";
}

TEST(Execute, ExitCodesOfCounts) {
  RunSummary summary;
  EXPECT_EQ(exit_code_of(summary), ExitCode::ok);
  summary.done = 3;
  EXPECT_EQ(exit_code_of(summary), ExitCode::ok);
  summary.failed = 1;
  EXPECT_EQ(exit_code_of(summary), ExitCode::some_failed);
  summary.done = 0;
  EXPECT_EQ(exit_code_of(summary), ExitCode::nothing_done);
  summary.filtered = 1;
  EXPECT_EQ(exit_code_of(summary), ExitCode::some_failed) << "a filtered picture was processed";
  summary.interrupted = true;
  EXPECT_EQ(exit_code_of(summary), ExitCode::interrupted);
}

TEST(Execute, SummaryInOneLine) {
  RunSummary summary;
  summary.done = 1118;
  summary.failed = 2;
  summary.filtered = 5;
  summary.elapsed_s = 32;
  summary.images_per_s = 34.94;
  EXPECT_EQ(summary_line(summary),
            "1,118 pictures in 32.0 s (34.9 a second), 5 filtered out, 2 failed");
}

}  // namespace
}  // namespace fovea::pipeline
