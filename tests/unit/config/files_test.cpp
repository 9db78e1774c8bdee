// SPDX-License-Identifier: Apache-2.0
// What the checker sees on the disk before a run starts.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "pipeline/config/config.hpp"
#include "tests/support/places.hpp"

namespace fovea::pipeline {
namespace {
namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path kModel = fovea::test::source_dir() / "tests/golden/models/data/vit-plain";

class Files : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / (std::string("fovea-files-") + test->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "photos");
    std::ofstream(folder_ / "photos/a.jpg") << "x";
    std::ofstream(folder_ / "list.txt") << "photos/a.jpg\n";
    before_ = fs::current_path();
    fs::current_path(folder_);
  }
  void TearDown() override {
    fs::current_path(before_);
    fs::remove_all(folder_);
  }

  std::string told(const std::string& source, const std::string& more = "",
                   const std::string& name = "t.yaml") {
    const std::string yaml = "version: 1\nsource: " + source +
                             "\nstages:\n  - classify: {model: " + kModel.string() + "}\n" + more;
    return to_string(check_config_text(yaml, name).faults);
  }

  fs::path folder_, before_;
};

TEST_F(Files, WhatIsThereIsTaken) {
  EXPECT_EQ(told("photos"), "");
  EXPECT_EQ(told("photos/a.jpg"), "");
  EXPECT_EQ(told("'@list.txt'"), "");
  EXPECT_EQ(told("'-'"), "");
  EXPECT_EQ(told("photos", "sinks: [jsonl: new/folder/out.jsonl, sort: sorted]\n"), "");
  EXPECT_FALSE(fs::exists("new")) << "a check creates nothing";
}

TEST_F(Files, ASourceThatIsNotThere) {
  EXPECT_EQ(told("fotos"),
            "t.yaml:2:9 source: 'fotos' does not exist\n  fix: did you mean 'photos'?");
  EXPECT_THAT(told("photos/b.jpg"), HasSubstr("did you mean 'photos/a.jpg'?"));
  EXPECT_THAT(told("no/such/folder"), HasSubstr("the folder 'no/such' does not exist either"));
  EXPECT_THAT(told("'@photos'"), HasSubstr("the list 'photos' is a folder"));
}

TEST_F(Files, APathMeantRelativeToTheFile) {
  fs::create_directories("elsewhere/pictures");
  EXPECT_THAT(told("pictures", "", "elsewhere/t.yaml"),
              HasSubstr("start it in 'elsewhere', or write 'elsewhere/pictures'"));
}

TEST_F(Files, APatternThatIsNoGlob) {
  const std::string text = told("{path: photos, include: ['*.jpg', '[a-z']}");
  EXPECT_THAT(text, HasSubstr("t.yaml:2:9 source: "));
  EXPECT_THAT(text, HasSubstr("pattern '[a-z'"));
}

TEST_F(Files, OutputsThatCannotBeWritten) {
  EXPECT_THAT(told("photos", "sinks: [jsonl: photos]\n"),
              HasSubstr("'photos' is a folder, not a file\n  fix: add a file name: "
                        "photos/results.jsonl"));
  EXPECT_THAT(told("photos", "sinks: [jsonl: list.txt/out.jsonl]\n"),
              HasSubstr("'list.txt' is not a folder"));
  EXPECT_THAT(told("photos", "sinks: [jsonl: a, csv: ./a]\n"),
              HasSubstr("'./a' is also written by the sink 'jsonl'"));
  EXPECT_THAT(told("photos", "report_dir: list.txt\n"), HasSubstr("'list.txt' is not a folder"));
}

TEST_F(Files, PipesAndDevicesAreWrittenInPlace) {
  EXPECT_EQ(told("photos", "sinks: [jsonl: /dev/null]\n"), "");
}

TEST_F(Files, AModelThatIsNotThere) {
  const std::string text = to_string(
      check_config_text("version: 1\nsource: photos\nstages: [classify: no-such-model]\n", "t.yaml")
          .faults);
  EXPECT_THAT(text, HasSubstr("t.yaml:3:10 stages[0].classify: "));
  EXPECT_THAT(text, HasSubstr("no-such-model"));
  EXPECT_THAT(text, HasSubstr("\n  fix: "));
  EXPECT_THAT(text, testing::Not(HasSubstr("where:")));
}

TEST_F(Files, AClassThatTheModelDoesNotHave) {
  const std::string yaml = "version: 1\nsource: photos\nstages:\n  - classify: " + kModel.string() +
                           "\n  - filter: {labels: [surely-no-class]}\n";
  EXPECT_THAT(to_string(check_config_text(yaml, "t.yaml").faults),
              HasSubstr("t.yaml:5:5 stages[1].filter: the model has no class 'surely-no-class'"));
}

TEST_F(Files, AllAtOnceWithTheOtherFaults) {
  const std::string text = told("fotos", "batch: 0\nsinks: [jsonl: photos]\n");
  EXPECT_THAT(text, HasSubstr("'fotos' does not exist"));
  EXPECT_THAT(text, HasSubstr("batch is 0"));
  EXPECT_THAT(text, HasSubstr("'photos' is a folder"));
}

/// Everything in configs/ runs as it stands, from the repository's root.
TEST(Configs, EveryFileIsValid) {
  const fs::path root = fovea::test::source_dir();
  int seen = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(root / "configs")) {
    if (entry.path().extension() != ".yaml") continue;
    ++seen;
    EXPECT_EQ(to_string(check_config_file(entry.path(), {}, false).faults), "") << entry.path();
    const RunConfig config = check_config_file(entry.path(), {}, false).config;
    EXPECT_FALSE(config.stages.empty());
    std::ifstream stream(entry.path());
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    EXPECT_THAT(text, HasSubstr("#   ")) << "shows the command that runs it";
    EXPECT_THAT(text, HasSubstr("configs/" + entry.path().filename().string()));
  }
  EXPECT_GE(seen, 7);
}

/// Does a stage name a model of the hub, which may not be on this machine?
bool wants_the_hub(const RunConfig& config) {
  return std::ranges::any_of(config.stages, [](const StageConfig& stage) {
    const std::string* model = model_of(stage);
    return model != nullptr && model->find('/') != std::string::npos;
  });
}

TEST(Configs, EveryFileRunsWithTheBuiltInModel) {
  const fs::path root = fovea::test::source_dir();
  if (!fs::exists(root / "models/fovea-vit-cifar10/config.json")) {
    GTEST_SKIP() << "models/fovea-vit-cifar10 is not in this checkout";
  }
  const fs::path before = fs::current_path();
  fs::current_path(root);
  for (const fs::directory_entry& entry : fs::directory_iterator("configs")) {
    if (entry.path().extension() != ".yaml") continue;
    const CheckedConfig checked = check_config_file(entry.path());
    for (const Fault& fault : checked.faults) {
      EXPECT_TRUE(wants_the_hub(checked.config) &&
                  fault.fix.find("fovea models pull") != std::string::npos)
          << entry.path() << ": " << fault.what;
    }
  }
  fs::current_path(before);
}

}  // namespace
}  // namespace fovea::pipeline
