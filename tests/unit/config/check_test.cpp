// SPDX-License-Identifier: Apache-2.0
// What a valid file means. What an invalid one is told stands in tests/errors/config/.
#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "pipeline/config/config.hpp"

namespace fovea::pipeline {
namespace {

using testing::ElementsAre;

RunConfig valid(const std::string& yaml) {
  const CheckedConfig checked = check_config_text(yaml, "t.yaml", {}, false);
  EXPECT_EQ(to_string(checked.faults), "");
  return checked.config;
}

std::string told(const std::string& yaml) {
  return to_string(check_config_text(yaml, "t.yaml", {}, false).faults);
}

TEST(Check, EveryKeyOfDetectIsTaken) {
  const RunConfig config = valid(R"(
version: 1
source: photos
stages:
  - detect: {model: hustvl/yolos-tiny, min_score: 90%, classes: [person, "dining table"]}
sinks:
  - jsonl: a.jsonl
  - csv: a.csv
)");
  const auto& detect = std::get<DetectConfig>(config.stages.at(0));
  EXPECT_EQ(detect.model, "hustvl/yolos-tiny");
  EXPECT_DOUBLE_EQ(detect.min_score, 0.9);
  EXPECT_THAT(detect.classes, ElementsAre("person", "dining table"));
  const RunConfig shortest = valid("version: 1\nsource: a\nstages: [detect: m]\n");
  EXPECT_EQ(std::get<DetectConfig>(shortest.stages.at(0)).model, "m");
  EXPECT_DOUBLE_EQ(std::get<DetectConfig>(shortest.stages.at(0)).min_score, 0.5);
}

const char* const kRest = "version: 1\nstages: [classify: m]\n";

TEST(Check, EveryKeyIsTaken) {
  const RunConfig config = valid(R"(
version: 1
device: radeon
precision: fp16
resample_on: device
batch: 32
decode_threads: 3
truncated: accept
limits: {max_pixels: 40M, max_bytes: 64MiB}
report_dir: out/report
sources:
  a: {path: photos, recursive: no, follow_links: yes, include: ["*.jpg", "*.png"], exclude: tmp*}
  b: {list: pictures.txt}
  c: {stdin: true}
stages:
  - classify: {model: some/model@main, top: 3, resample: cv_linear}
  - filter: {labels: [cat, "tabby, tabby cat"], min_score: 30%}
sinks:
  - jsonl: {path: a.jsonl}
  - csv: {path: a.csv, top: 2}
  - html: {path: a.html, max_thumbnails: 10}
  - sort: {dir: sorted, mode: move, min_score: 0.5}
  - table: {max_rows: 7}
)");
  EXPECT_EQ(config.device, "radeon");
  EXPECT_EQ(config.precision, compute::ops::Precision::fp16);
  EXPECT_EQ(config.resample_on, ResampleOn::device);
  EXPECT_EQ(config.batch, 32);
  EXPECT_EQ(config.decode_threads, 3);
  EXPECT_EQ(config.truncated, Truncated::accept);
  EXPECT_EQ(config.limits.max_pixels, 40'000'000U);
  EXPECT_EQ(config.limits.max_bytes, 64U << 20U);
  EXPECT_EQ(config.report_dir, "out/report");
  ASSERT_EQ(config.sources.size(), 3U);
  EXPECT_EQ(config.sources[0].name, "a");
  EXPECT_EQ(config.sources[0].path, "photos");
  EXPECT_FALSE(config.sources[0].recursive);
  EXPECT_TRUE(config.sources[0].follow_links);
  EXPECT_THAT(config.sources[0].include, ElementsAre("*.jpg", "*.png"));
  EXPECT_THAT(config.sources[0].exclude, ElementsAre("tmp*"));
  EXPECT_EQ(config.sources[1].kind, SourceKind::list);
  EXPECT_EQ(config.sources[1].path, "pictures.txt");
  EXPECT_EQ(config.sources[2].kind, SourceKind::stdin_paths);
  ASSERT_EQ(config.stages.size(), 2U);
  const auto& classify = std::get<ClassifyConfig>(config.stages[0]);
  EXPECT_EQ(classify.model, "some/model@main");
  EXPECT_EQ(classify.top, 3);
  EXPECT_EQ(classify.resample, "cv_linear");
  EXPECT_EQ(classify.place.line, 16);
  EXPECT_EQ(classify.place.path, "stages[0].classify");
  const auto& filter = std::get<FilterConfig>(config.stages[1]);
  EXPECT_THAT(filter.labels, ElementsAre("cat", "tabby, tabby cat"));
  EXPECT_DOUBLE_EQ(filter.min_score, 0.3);
  ASSERT_EQ(config.sinks.size(), 5U);
  EXPECT_EQ(std::get<JsonlConfig>(config.sinks[0].kind).path, "a.jsonl");
  EXPECT_EQ(std::get<CsvConfig>(config.sinks[1].kind).top, 2);
  EXPECT_EQ(std::get<HtmlConfig>(config.sinks[2].kind).max_thumbnails, 10);
  EXPECT_EQ(std::get<SortConfig>(config.sinks[3].kind).mode, SortMode::move);
  EXPECT_DOUBLE_EQ(std::get<SortConfig>(config.sinks[3].kind).min_score, 0.5);
  EXPECT_EQ(std::get<TableConfig>(config.sinks[4].kind).max_rows, 7);
}

TEST(Check, ShortForms) {
  const RunConfig config = valid(
      "version: 1\nsource: photos\nstages: [classify: m]\n"
      "sinks: [jsonl: a.jsonl, csv: a.csv, html: a.html, sort: dir, table]\n");
  EXPECT_EQ(config.sources[0].path, "photos");
  EXPECT_EQ(std::get<ClassifyConfig>(config.stages[0]).model, "m");
  EXPECT_EQ(config.sinks.size(), 5U);
  EXPECT_EQ(std::get<SortConfig>(config.sinks[3].kind).dir, "dir");
  EXPECT_TRUE(std::holds_alternative<TableConfig>(config.sinks[4].kind));
}

TEST(Check, SourcesInTheirShortForms) {
  const RunConfig config = valid(std::string(kRest) + "sources: [a.jpg, \"@list.txt\", \"-\"]\n");
  ASSERT_EQ(config.sources.size(), 3U);
  EXPECT_EQ(config.sources[0].kind, SourceKind::path);
  EXPECT_EQ(config.sources[1].kind, SourceKind::list);
  EXPECT_EQ(config.sources[1].path, "list.txt");
  EXPECT_EQ(config.sources[2].kind, SourceKind::stdin_paths);
}

TEST(Check, WithoutSinksTheResultsGoToTheTerminal) {
  const RunConfig config = valid(std::string(kRest) + "source: photos\n");
  ASSERT_EQ(config.sinks.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<TableConfig>(config.sinks[0].kind));
}

TEST(Check, DefaultsAreThoseOfRunConfig) {
  const RunConfig config = valid(std::string(kRest) + "source: photos\n");
  const RunConfig fresh;
  EXPECT_EQ(config.device, fresh.device);
  EXPECT_EQ(config.batch, fresh.batch);
  EXPECT_EQ(config.limits.max_pixels, fresh.limits.max_pixels);
}

TEST(Check, PrecisionIsOneByNameOrAuto) {
  EXPECT_EQ(valid(std::string(kRest) + "source: a\nprecision: auto\n").precision, std::nullopt);
  EXPECT_EQ(valid(std::string(kRest) + "source: a\nprecision: fp32\n").precision,
            compute::ops::Precision::fp32);
  EXPECT_EQ(valid(std::string(kRest) + "source: a\nprecision: int8\n").precision,
            compute::ops::Precision::int8);
  EXPECT_EQ(valid(std::string(kRest) + "source: a\nresample_on: auto\n").resample_on,
            ResampleOn::automatic);
  EXPECT_NE(told(std::string(kRest) + "source: a\nresample_on: gpu\n").find("auto, host, device"),
            std::string::npos);
}

TEST(Check, NumbersMayStandWhereTextsGo) {
  const RunConfig config = valid(std::string(kRest) + "source: 2024\ndevice: 1\n");
  EXPECT_EQ(config.sources[0].path, "2024");
  EXPECT_EQ(config.device, "1");
}

TEST(Check, AllFaultsAtOnceInFileOrder) {
  const CheckedConfig checked = check_config_text(
      "version: 2\nsource: a\nbatchsize: 4\nstages:\n  - classify: {model: m, top: 0}\n"
      "  - fliter: {}\nsinks:\n  - csv: {}\n",
      "t.yaml", {}, false);
  ASSERT_EQ(checked.faults.size(), 5U) << to_string(checked.faults);
  for (std::size_t i = 1; i < checked.faults.size(); ++i) {
    EXPECT_LT(checked.faults[i - 1].place.line, checked.faults[i].place.line);
  }
}

TEST(Check, AVariableThatIsNotSetIsReportedOnce) {
  const std::string text =
      told(std::string(kRest) + "source: a\nbatch: ${FOVEA_TEST_SURELY_UNSET}\n");
  EXPECT_EQ(text,
            "t.yaml:4:8 batch: environment variable 'FOVEA_TEST_SURELY_UNSET' is not set\n"
            "  fix: export FOVEA_TEST_SURELY_UNSET=..., or give a default: "
            "${FOVEA_TEST_SURELY_UNSET:-value}");
}

TEST(Check, AVariableIsTypedAsIfItWereWritten) {
  ::setenv("FOVEA_TEST_BATCH", "12", 1);
  EXPECT_EQ(valid(std::string(kRest) + "source: a\nbatch: ${FOVEA_TEST_BATCH}\n").batch, 12);
  ::setenv("FOVEA_TEST_BATCH", "many", 1);
  EXPECT_THAT(told(std::string(kRest) + "source: a\nbatch: ${FOVEA_TEST_BATCH}\n"),
              testing::HasSubstr("batch is 'many'"));
}

TEST(Check, LoadConfigThrowsAllFaultsAsOneError) {
  const std::string file = testing::TempDir() + "fovea-two-faults.yaml";
  std::FILE* stream = std::fopen(file.c_str(), "w");
  std::fputs("version: 1\nsource: .\nbatch: 0\nsinkss: []\nstages: [filter: {min_score: 1}]\n",
             stream);
  std::fclose(stream);
  try {
    load_config(file, {});
    FAIL() << "load_config took a broken file";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::usage);
    EXPECT_THAT(error.what(), testing::HasSubstr(":3:8 batch"));
    EXPECT_THAT(error.what(), testing::HasSubstr("did you mean 'sinks'"));
    EXPECT_THAT(error.what(), testing::HasSubstr("correct these 3 faults"));
  }
  std::remove(file.c_str());
}

TEST(Check, AFileThatIsNotThere) {
  EXPECT_THROW(check_config_file("/nonexistent/fovea.yaml"), ConfigError);
  EXPECT_THROW(check_config_file(testing::TempDir()), ConfigError);
}

}  // namespace
}  // namespace fovea::pipeline
