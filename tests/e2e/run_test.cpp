// SPDX-License-Identifier: Apache-2.0
// fovea run: what a YAML file can ask for.
#include <algorithm>

#include "tests/e2e/e2e_fixture.hpp"

namespace fovea::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Run : public EndToEndOnDevice {
 protected:
  /// A YAML file whose classify stage is the tiny model.
  ProcessResult run(const std::string& yaml, std::vector<std::string> more = {}) {
    std::string text = "version: 1\n" + yaml;
    const std::string mark = "MODEL";
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
      text.replace(at, mark.size(), kTinyModel.string());
    }
    text_file("job.yaml", text);
    more.insert(more.begin(), {"run", "job.yaml"});
    return fovea(more);
  }
  void photos(int count) {
    for (int i = 0; i < count; ++i) picture("photos/" + std::to_string(i) + ".png", i);
  }
  /// All pictures below `folder`, by name.
  std::vector<fs::path> files_below(const fs::path& folder) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / folder)) {
      if (entry.path().extension() == ".png") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
};

TEST_F(Run, SourcesComeOneAfterAnother) {
  picture("one/a.png", 1);
  picture("two/b.png", 2);
  picture("two/c.jpg", 3);
  const ProcessResult result =
      run("sources:\n  second: {path: two, include: ['*.png']}\n  first: one\n"
          "stages: [classify: MODEL]\nsinks: [jsonl: r.jsonl]\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(sources_of(records_of(read_text(folder_ / "r.jsonl"))),
              ElementsAre("two/b.png", "one/a.png"));
  EXPECT_EQ(result.out, "") << "no table was asked for";
  EXPECT_THAT(result.err, HasSubstr("2 pictures"));
}

TEST_F(Run, FilterCountsWhatItHoldsBack) {
  photos(12);
  const ProcessResult all =
      run("source: photos\nstages: [classify: MODEL]\nsinks: [jsonl: all.jsonl]\n");
  ASSERT_EQ(all.exit_code, 0) << all.err;
  const auto records = records_of(read_text(folder_ / "all.jsonl"));
  const std::string wanted = records.at(0).at("labels").at(0).at("name").get<std::string>();
  std::vector<std::string> expected;
  for (const Json& record : records) {
    if (record.at("labels").at(0).at("name") == wanted) {
      expected.push_back(record.at("source").get<std::string>());
    }
  }
  const ProcessResult some =
      run("source: photos\nstages:\n  - classify: MODEL\n  - filter: {labels: ['" + wanted +
          "']}\nsinks: [jsonl: some.jsonl]\n");
  EXPECT_EQ(some.exit_code, 0) << some.err;
  EXPECT_EQ(sources_of(records_of(read_text(folder_ / "some.jsonl"))), expected);
  const std::size_t held_back = records.size() - expected.size();
  if (held_back > 0) {
    EXPECT_THAT(some.err, HasSubstr(std::to_string(held_back) + " filtered out"));
  }
  const ProcessResult none =
      run("source: photos\nstages:\n  - classify: MODEL\n  - filter: {min_score: 1}\n"
          "sinks: [jsonl: none.jsonl]\n");
  EXPECT_EQ(none.exit_code, 0) << "held back is not failed";
  EXPECT_EQ(read_text(folder_ / "none.jsonl"), "");
}

TEST_F(Run, SortByLinkLeavesThePictures) {
  photos(6);
  const ProcessResult result =
      run("source: photos\nstages: [classify: MODEL]\nsinks: [sort: sorted, jsonl: r.jsonl]\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const Json& record : records_of(read_text(folder_ / "r.jsonl"))) {
    const fs::path source = record.at("source").get<std::string>();
    const std::string label = record.at("labels").at(0).at("name").get<std::string>();
    const fs::path sorted = folder_ / "sorted" / label / source.filename();
    EXPECT_TRUE(fs::exists(sorted)) << sorted;
    EXPECT_TRUE(fs::equivalent(sorted, folder_ / source));
  }
  EXPECT_EQ(files_below("photos").size(), 6U);
}

TEST_F(Run, SortByCopyAndByMove) {
  photos(6);
  EXPECT_EQ(
      run("source: photos\nstages: [classify: MODEL]\nsinks: [sort: {dir: copied, mode: copy}]\n")
          .exit_code,
      0);
  EXPECT_EQ(files_below("copied").size(), 6U);
  for (const fs::path& file : files_below("copied")) {
    EXPECT_EQ(read_text(file), read_text(folder_ / "photos" / file.filename()));
  }
  EXPECT_EQ(
      run("source: photos\nstages: [classify: MODEL]\nsinks: [sort: {dir: moved, mode: move}]\n")
          .exit_code,
      0);
  EXPECT_EQ(files_below("moved").size(), 6U);
  EXPECT_EQ(files_below("photos").size(), 0U);
}

TEST_F(Run, SortInsideTheSourceIsNotReadAgain) {
  photos(4);
  const std::string yaml =
      "source: photos\nstages: [classify: MODEL]\nsinks: [sort: photos/sorted, jsonl: r.jsonl]\n";
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(run(yaml).exit_code, 0);
    EXPECT_EQ(records_of(read_text(folder_ / "r.jsonl")).size(), 4U);
  }
}

TEST_F(Run, UnsurePicturesGoToTheirOwnFolder) {
  photos(3);
  // Random weights over six classes are never this sure.
  const ProcessResult result = run(
      "source: photos\nstages: [classify: MODEL]\nsinks: [sort: {dir: sorted, min_score: 99%}]\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(files_below("sorted").size(), 3U);
  for (const fs::path& file : files_below("sorted")) {
    EXPECT_EQ(file.parent_path().filename(), "_unsure") << file;
  }
}

TEST_F(Run, OptionsChangeTheFile) {
  photos(3);
  picture("elsewhere/x.png", 9);
  const std::string yaml = "source: photos\nstages: [classify: {model: MODEL, top: 4}]\n";
  const ProcessResult result = run(yaml, {"-s", "elsewhere", "--top", "2", "-o", "r.jsonl"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto records = records_of(read_text(folder_ / "r.jsonl"));
  EXPECT_THAT(sources_of(records), ElementsAre("elsewhere/x.png"));
  EXPECT_EQ(records[0].at("labels").size(), 2U);
  const ProcessResult set = run(yaml, {"--set", "stages[0].classify.top=1", "--json"});
  EXPECT_EQ(records_of(set.out).size(), 3U);
  EXPECT_EQ(records_of(set.out)[0].at("labels").size(), 1U);
}

TEST_F(Run, ReportsGoWhereTheFileSays) {
  photos(1);
  text_file("photos/bad.png", "no");
  const ProcessResult result = run(
      "source: photos\nstages: [classify: MODEL]\nsinks: [jsonl: r.jsonl]\nreport_dir: report\n");
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_EQ(records_of(read_text(folder_ / "report/errors.jsonl")).size(), 1U);
  const Json manifest = Json::parse(read_text(folder_ / "report/manifest.json"));
  EXPECT_THAT(manifest.dump(), HasSubstr("report_dir"));
  EXPECT_FALSE(fs::exists(folder_ / "errors.jsonl"));
}

TEST_F(Run, TheEnvironmentFillsIn) {
  photos(2);
  ProcessOptions with = options();
  with.environment["PICTURES"] = "photos";
  text_file("job.yaml", "version: 1\nsource: ${PICTURES}\nstages: [classify: " +
                            kTinyModel.string() + "]\nsinks: [jsonl: '${OUT:-r}.jsonl']\n");
  const ProcessResult result = run_process({binary(), "run", "job.yaml"}, with);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(records_of(read_text(folder_ / "r.jsonl")).size(), 2U);
}

TEST_F(Run, ABrokenFileRunsNothing) {
  photos(1);
  const ProcessResult result =
      run("source: photos\nbatchsize: 3\nstages: [classify: MODEL]\nsinks: [jsonl: r.jsonl]\n");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("unknown key 'batchsize'\n  where: job.yaml:3:1\n"));
  EXPECT_THAT(result.err, HasSubstr("did you mean 'batch'"));
  EXPECT_FALSE(fs::exists(folder_ / "r.jsonl"));
}

}  // namespace
}  // namespace fovea::test
