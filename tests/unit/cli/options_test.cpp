// SPDX-License-Identifier: Apache-2.0
// Short commands and the configuration they stand for.
#include "pipeline/cli/options.hpp"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "pipeline/cli/chain_text.hpp"
#include "tests/support/places.hpp"

namespace fovea::pipeline {
namespace {
namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path kModel = fovea::test::source_dir() / "tests/golden/models/data/vit-plain";

class Options : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / "fovea-options";
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "photos");
    std::ofstream(folder_ / "list.txt") << "a.jpg\n";
    before_ = fs::current_path();
    fs::current_path(folder_);
    options_.model = kModel.string();
  }
  void TearDown() override {
    fs::current_path(before_);
    fs::remove_all(folder_);
  }
  std::string classify(const std::vector<std::string>& sources) {
    options_.sources = sources;
    NamedConfig named = config_from_sources(options_, "classify", kBuiltinModel);
    EXPECT_EQ(to_string(named.checked.faults), "");
    return emit_yaml(named.checked.config);
  }

  PictureOptions options_;
  fs::path folder_, before_;
};

TEST_F(Options, ClassifyAFolder) {
  EXPECT_EQ(
      classify({"photos"}),
      "version: 1\nsource: {path: photos}\nstages:\n  - classify: {model: " + kModel.string() +
          "}\nsinks:\n  - table: {}\ndevice: auto\nprecision: auto\n"
          "batch: 8\n");
}

TEST_F(Options, ClassifyWithEverything) {
  options_.top = "2";
  options_.device = "cpu";
  options_.precision = "fp16";
  options_.batch = "4";
  options_.outputs = {"r.jsonl", "r.csv", "r.HTM"};
  options_.sets = {"truncated=accept"};
  EXPECT_EQ(classify({"photos", "-", "@list.txt"}),
            "version: 1\nsources:\n  - {path: photos}\n  - {stdin: true}\n  - {list: list.txt}\n"
            "stages:\n  - classify: {model: " +
                kModel.string() +
                ", top: 2}\nsinks:\n  - table: {}\n  - jsonl: {path: r.jsonl}\n"
                "  - csv: {path: r.csv}\n  - html: {path: r.HTM}\n"
                "device: cpu\nprecision: fp16\nbatch: 4\ntruncated: accept\n");
}

TEST_F(Options, RecordsOnStandardOutputTakeTheTablesPlace) {
  options_.json = true;
  EXPECT_THAT(classify({"photos"}), HasSubstr("sinks:\n  - jsonl: {path: /dev/stdout}\ndevice"));
  options_.outputs = {"-"};
  EXPECT_THAT(classify({"photos"}), HasSubstr("sinks:\n  - jsonl: {path: /dev/stdout}\ndevice"));
}

TEST_F(Options, OddNamesSurvive) {
  for (const char* name : {"a b", "${HOME}", "[x]", "it's: #1"}) {
    fs::create_directories(folder_ / name);
    const std::string yaml = classify({name});
    EXPECT_EQ(check_config_text(yaml, "t").config.sources.at(0).path, name) << yaml;
  }
}

TEST_F(Options, EndingsThatAreNotKnown) {
  EXPECT_THROW(output_override("out.xml", "sinks[0]"), ConfigError);
  EXPECT_THROW(output_override("out", "sinks[0]"), ConfigError);
  EXPECT_THROW(config_from_sources(options_, "classify", kBuiltinModel), ConfigError);
}

TEST_F(Options, TheBuiltInModelStandsInWhereNoneIsNamed) {
  options_.sources = {"a.jpg"};
  const auto yaml = [&] {
    return emit_yaml(config_from_sources(options_, "detect", "built-in").checked.config);
  };
  options_.model.clear();
  EXPECT_THAT(yaml(), testing::HasSubstr("detect: {model: built-in}"));
  options_.model = "some/detector";
  EXPECT_THAT(yaml(), testing::HasSubstr("detect: {model: some/detector}"));
}

TEST_F(Options, AnAddressBehindViewIsItsOwnAndASourceIsNot) {
  using testing::ElementsAre;
  EXPECT_THAT(join_view_address({"run", "a.yaml", "--view"}),
              ElementsAre("run", "a.yaml", "--view=here"));
  EXPECT_THAT(join_view_address({"detect", "--view", "0", "-m", "M"}),
              ElementsAre("detect", "--view=here", "0", "-m", "M"));
  EXPECT_THAT(join_view_address({"detect", "--view", "[::1]:0", "0"}),
              ElementsAre("detect", "--view=[::1]:0", "0"));
  EXPECT_THAT(join_view_address({"detect", "0", "--view=localhost:80"}),
              ElementsAre("detect", "0", "--view=localhost:80"));
}

TEST_F(Options, ViewAddsAPageAndLeavesTheFilesOwnAlone) {
  std::ofstream("job.yaml") << "version: 1\nsource: {webcam: 0}\nstages: [classify: "
                            << kModel.string() << "]\nview: 127.0.0.1:9000\n";
  const auto page = [&](const std::string& view) {
    CommonOptions options;
    options.view = view;
    return config_from_file("job.yaml", {}, options).checked.config.view;
  };
  EXPECT_EQ(page("").value().http, "127.0.0.1:9000");
  EXPECT_EQ(page(kViewHere).value().http, "127.0.0.1:9000");
  EXPECT_EQ(page("[::1]:1").value().http, "[::1]:1");
  options_.sources = {"0"};
  EXPECT_FALSE(config_from_sources(options_, "classify", kBuiltinModel).checked.config.view);
  options_.view = kViewHere;
  EXPECT_EQ(
      config_from_sources(options_, "classify", kBuiltinModel).checked.config.view.value().http,
      ViewConfig{}.http);
}

TEST_F(Options, OptionsOnTopOfAFile) {
  std::ofstream("job.yaml") << "version: 1\nsources: [list.txt]\nstages:\n  - classify: "
                            << kModel.string() << "\n  - filter: {min_score: 10%}\n"
                            << "sinks: [jsonl: a.jsonl]\n";
  options_.model.clear();
  options_.top = "1";
  options_.outputs = {"b.csv"};
  NamedConfig named = config_from_file("job.yaml", {"photos"}, options_);
  ASSERT_EQ(to_string(named.checked.faults), "");
  const RunConfig& config = named.checked.config;
  EXPECT_EQ(config.sources.at(0).path, "photos");
  EXPECT_EQ(std::get<ClassifyConfig>(config.stages.at(0)).top, 1);
  ASSERT_EQ(config.sinks.size(), 2U);
  EXPECT_EQ(std::get<CsvConfig>(config.sinks.at(1).kind).path, "b.csv");
  EXPECT_THAT(chain_text(config), HasSubstr("filter"));
  options_.top = "none";
  named = config_from_file("job.yaml", {}, options_);
  EXPECT_EQ(to_string(named.checked.faults), "--top: top is 'none'\n  fix: write a whole number");
}

TEST_F(Options, TheCacheFolder) {
  const char* home = std::getenv("HOME");
  const std::string saved = home == nullptr ? "" : home;
  ::setenv("XDG_CACHE_HOME", "/x", 1);
  EXPECT_EQ(cache_folder(), "/x/fovea");
  ::setenv("XDG_CACHE_HOME", "", 1);
  ::setenv("HOME", "/h", 1);
  EXPECT_EQ(cache_folder(), "/h/.cache/fovea");
  ::unsetenv("HOME");
  EXPECT_EQ(cache_folder(), "");
  if (home != nullptr) ::setenv("HOME", saved.c_str(), 1);
}

}  // namespace
}  // namespace fovea::pipeline
