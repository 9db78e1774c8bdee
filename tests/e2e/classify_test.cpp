// SPDX-License-Identifier: Apache-2.0
// fovea classify: inputs of every kind, outputs of every kind, and what goes wrong.
#include <algorithm>

#include "tests/e2e/e2e_fixture.hpp"
#include "tests/support/places.hpp"

namespace fovea::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Classify : public EndToEndOnDevice {};

TEST_F(Classify, AFolderInNaturalOrder) {
  picture("photos/img10.png", 1);
  picture("photos/img2.jpg", 2);
  picture("photos/img1.bmp", 3);
  picture("photos/sub/img3.png", 4);
  const ProcessResult result = classify({"photos", "-o", "out/results.jsonl"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto records = records_of(read_text(folder_ / "out/results.jsonl"));
  EXPECT_THAT(sources_of(records), ElementsAre("photos/img1.bmp", "photos/img2.jpg",
                                               "photos/img10.png", "photos/sub/img3.png"));
  for (const Json& record : records) {
    EXPECT_EQ(record.at("schema"), 1);
    EXPECT_EQ(record.at("frame"), 0);
    EXPECT_EQ(record.at("size"), Json::array({48, 40}));
    ASSERT_EQ(record.at("labels").size(), 5U);
    double last = 1;
    for (const Json& label : record.at("labels")) {
      EXPECT_EQ(label.at("name"), "class " + std::to_string(label.at("id").get<int>()));
      EXPECT_LE(label.at("score").get<double>(), last);
      last = label.at("score").get<double>();
    }
    EXPECT_GT(record.at("timings_ms").at("inference").get<double>(), 0);
  }
  // The table names every picture; the device is announced on the other stream.
  EXPECT_THAT(result.out, HasSubstr("photos/img10.png"));
  EXPECT_THAT(result.out, HasSubstr("4 pictures"));
  EXPECT_THAT(result.err, HasSubstr("device"));
  EXPECT_TRUE(fs::exists(folder_ / "out/manifest.json"));
  EXPECT_FALSE(fs::exists(folder_ / "out/errors.jsonl"));
}

TEST_F(Classify, EveryOutputAtOnce) {
  picture("a.png", 1);
  const ProcessResult result =
      classify({"a.png", "-o", "r.jsonl", "-o", "r.csv", "-o", "r.HTML", "--top", "2"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(records_of(read_text(folder_ / "r.jsonl")).at(0).at("labels").size(), 2U);
  EXPECT_THAT(read_text(folder_ / "r.csv"), HasSubstr("a.png"));
  EXPECT_THAT(read_text(folder_ / "r.HTML"), HasSubstr("<html"));
  const Json manifest = Json::parse(read_text(folder_ / "manifest.json"));
  EXPECT_THAT(manifest.dump(), HasSubstr("vit-plain"));
}

TEST_F(Classify, JsonIsRecordsAndNothingElse) {
  picture("a.png", 1);
  picture("b.png", 2);
  const ProcessResult result = classify({"a.png", "b.png", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(sources_of(records_of(result.out)), ElementsAre("a.png", "b.png"));
  const ProcessResult dash = classify({"a.png", "b.png", "-o", "-"});
  EXPECT_EQ(without_timings(records_of(dash.out)), without_timings(records_of(result.out)));
  for (const auto& entry : fs::directory_iterator(folder_)) {
    EXPECT_EQ(entry.path().extension(), ".png") << "left behind: " << entry.path();
  }
}

TEST_F(Classify, PathsAndBytesOnStandardInput) {
  picture("a.png", 1);
  picture("with space.png", 2);
  const ProcessResult paths = classify({"-", "--json"}, "with space.png\na.png\n");
  EXPECT_EQ(paths.exit_code, 0) << paths.err;
  EXPECT_THAT(sources_of(records_of(paths.out)), ElementsAre("with space.png", "a.png"));
  const ProcessResult bytes = classify({"-", "--json"}, read_text(folder_ / "a.png"));
  EXPECT_EQ(bytes.exit_code, 0) << bytes.err;
  const auto records = records_of(bytes.out);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].at("labels"), records_of(paths.out)[1].at("labels"));
}

TEST_F(Classify, ListFiles) {
  picture("photos/a.png", 1);
  picture("photos/b.png", 2);
  text_file("list.txt", "# two pictures\nphotos/b.png\n\nphotos/a.png\n");
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"@list.txt", "--json"}, {"--list", "list.txt", "--json"}}) {
    const ProcessResult result = classify(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(records_of(result.out).size(), 2U);
    EXPECT_THAT(sources_of(records_of(result.out))[0], HasSubstr("b.png"));
  }
}

TEST_F(Classify, BadPicturesAreSkippedAndListed) {
  picture("photos/1.png", 1);
  picture("photos/3.png", 3);
  text_file("photos/2.jpg", "this is no picture");
  text_file("photos/4.png", "");
  const ProcessResult result = classify({"photos", "-o", "out/r.jsonl"});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(sources_of(records_of(read_text(folder_ / "out/r.jsonl"))),
              ElementsAre("photos/1.png", "photos/3.png"));
  const auto errors = records_of(read_text(folder_ / "out/errors.jsonl"));
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].at("path"), "photos/2.jpg");
  EXPECT_EQ(errors[0].at("bytes"), 18);
  EXPECT_EQ(errors[1].at("path"), "photos/4.png");
  for (const Json& error : errors) {
    EXPECT_EQ(error.at("stage"), "decode");
    EXPECT_FALSE(error.at("reason").get<std::string>().empty());
  }
  EXPECT_THAT(result.out, HasSubstr("2 failed"));
}

TEST_F(Classify, WithoutATableFailuresAreSaidOnStandardError) {
  picture("a.png", 1);
  text_file("b.png", "no");
  const ProcessResult result = classify({"a.png", "b.png", "--json"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("b.png: decode: "));
  EXPECT_EQ(records_of(result.out).size(), 1U);
}

TEST_F(Classify, NothingButBadPictures) {
  text_file("photos/a.jpg", "no");
  EXPECT_EQ(classify({"photos"}).exit_code, 3);
}

TEST_F(Classify, AnEmptyFolderSaysSo) {
  fs::create_directories(folder_ / "empty");
  const ProcessResult result = classify({"empty"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("empty"));
  EXPECT_THAT(result.err, HasSubstr("fix:"));
}

TEST_F(Classify, BatchSizeAndPrecisionDoNotChangeTheAnswer) {
  for (int i = 0; i < 11; ++i) picture("photos/" + std::to_string(i) + ".png", i);
  const auto best = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"photos", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProcessResult result = classify(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<std::pair<std::string, int>> answers;
    for (const Json& record : records_of(result.out)) {
      answers.emplace_back(record.at("source").get<std::string>(),
                           record.at("labels").at(0).at("id").get<int>());
    }
    return answers;
  };
  const auto one = best({"--batch", "1"});
  ASSERT_EQ(one.size(), 11U);
  EXPECT_EQ(best({"--batch", "4"}), one);
  EXPECT_EQ(best({"--batch", "32"}), one);
  EXPECT_EQ(best({"--precision", "fp16"}), one);
}

TEST_F(Classify, AnAutomaticBatchIsMeasuredOnceAndThenRemembered) {
  for (int i = 0; i < 11; ++i) picture("photos/" + std::to_string(i) + ".png", i);
  ProcessOptions own = options();
  own.environment["XDG_CACHE_HOME"] = (folder_ / "cache").string();
  const auto run = [&](const std::string& batch, const std::string& memory) {
    return run_process({binary(), "classify", "photos", "--json", "-m", kTinyModel.string(),
                        "--batch", batch, "--set", "memory=" + memory},
                       own);
  };
  const auto answers = [&](const ProcessResult& result) {
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<std::pair<std::string, int>> best;
    for (const Json& record : records_of(result.out)) {
      best.emplace_back(record.at("source").get<std::string>(),
                        record.at("labels").at(0).at("id").get<int>());
    }
    return best;
  };
  const auto wanted = answers(run("4", "80%"));
  const ProcessResult first = run("auto", "80%"), second = run("auto", "80%");
  EXPECT_EQ(answers(first), wanted);
  EXPECT_EQ(answers(second), wanted);
  EXPECT_THAT(first.err, testing::ContainsRegex("batch [0-9]+: .* \\(measured\\)"));
  EXPECT_THAT(second.err, testing::ContainsRegex("batch [0-9]+: .* \\(remembered in "));

  // Another budget is another question.
  const ProcessResult tight = run("auto", "1%");
  EXPECT_EQ(answers(tight), wanted);
  EXPECT_THAT(tight.err, HasSubstr("(measured)"));

  std::ofstream(folder_ / "cache/fovea/batch-sizes.json") << "{ damaged";
  const ProcessResult again = run("auto", "80%");
  EXPECT_EQ(answers(again), wanted);
  EXPECT_THAT(again.err, HasSubstr("(measured)"));
}

TEST_F(Classify, EmittedYamlRunsTheSame) {
  for (int i = 0; i < 5; ++i) picture("my photos/" + std::to_string(i) + ".png", i);
  const ProcessResult direct = classify({"my photos", "--top", "3", "-o", "direct.jsonl"});
  EXPECT_EQ(direct.exit_code, 0) << direct.err;
  const ProcessResult yaml =
      classify({"my photos", "--top", "3", "-o", "run.jsonl", "--emit-yaml"});
  EXPECT_EQ(yaml.exit_code, 0) << yaml.err;
  EXPECT_FALSE(fs::exists(folder_ / "run.jsonl")) << "--emit-yaml runs nothing";
  text_file("job.yaml", yaml.out);
  const ProcessResult run = fovea({"run", "job.yaml"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(without_timings(records_of(read_text(folder_ / "run.jsonl"))),
            without_timings(records_of(read_text(folder_ / "direct.jsonl"))));
}

TEST_F(Classify, ADeviceThatIsNotThereIsRefused) {
  picture("a.png", 1);
  const ProcessResult result = classify({"a.png", "--device", "no-such-device"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(result.out, "");
  const Json doctor = Json::parse(fovea({"doctor", "--json"}).out);
  for (const Json& device : doctor.at("devices")) {
    EXPECT_THAT(result.err, HasSubstr(device.at("name").get<std::string>()));
  }
}

TEST_F(Classify, ProgressForPrograms) {
  for (int i = 0; i < 4; ++i) picture("photos/" + std::to_string(i) + ".png", i);
  const ProcessResult json = classify({"photos", "--progress", "json"});
  const auto states = records_of(json.err);
  ASSERT_GE(states.size(), 1U);
  EXPECT_EQ(states.back().at("done"), 4);
  EXPECT_EQ(states.back().at("failed"), 0);
  EXPECT_EQ(states.back().at("total"), 4);
  EXPECT_EQ(classify({"photos", "--progress", "none"}).err, "");
}

TEST_F(Classify, TruncatedPicturesOnDemand) {
  const std::string whole = read_text(picture("whole.jpg", 5, 400, 300));
  text_file("half.jpg", whole.substr(0, whole.size() / 2));
  EXPECT_EQ(classify({"half.jpg"}).exit_code, 3);
  const ProcessResult taken = classify({"half.jpg", "--set", "truncated=accept", "--json"});
  EXPECT_EQ(taken.exit_code, 0) << taken.err;
  EXPECT_EQ(records_of(taken.out).at(0).at("truncated"), true);
}

TEST_F(Classify, LimitsRefuseWithAReason) {
  picture("a.png", 1, 100, 100);
  const ProcessResult result = classify({"a.png", "--set", "limits.max_pixels=5k"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, HasSubstr("a.png"));
}

TEST_F(Classify, EveryFileOfTheFormatCollectionGivesARecordOrAReason) {
  const fs::path formats = test::shared_data_dir() / "image-formats";
  if (!fs::exists(formats)) GTEST_SKIP() << formats << " is not there";
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(formats)) {
    files += entry.is_regular_file() && entry.path().has_extension() ? 1 : 0;
  }
  const ProcessResult result = classify({formats.string(), "-o", "r.jsonl"});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  const auto records = records_of(read_text(folder_ / "r.jsonl"));
  const auto errors = records_of(read_text(folder_ / "errors.jsonl"));
  EXPECT_EQ(records.size() + errors.size(), files);
  EXPECT_GE(records.size(), 15U);
}

/// Ten times the pictures must not take more memory: queues are bounded.
TEST_F(Classify, MemoryDoesNotGrowWithTheNumberOfPictures) {
  for (int i = 0; i < 40; ++i) picture("p/" + std::to_string(i) + ".png", i, 96, 96);
  std::string few, many;
  for (int i = 0; i < 120; ++i) few += "p/" + std::to_string(i % 40) + ".png\n";
  for (int i = 0; i < 1200; ++i) many += "p/" + std::to_string(i % 40) + ".png\n";
  const ProcessResult small = classify({"-", "-o", "few.jsonl", "-o", "few.csv"}, few);
  const ProcessResult large = classify({"-", "-o", "many.jsonl", "-o", "many.csv"}, many);
  EXPECT_EQ(small.exit_code, 0) << small.err;
  EXPECT_EQ(large.exit_code, 0) << large.err;
  EXPECT_EQ(records_of(read_text(folder_ / "many.jsonl")).size(), 1200U);
  // 1,080 more pictures of 28 kB decoded would be 30 MB if they were kept.
  constexpr std::uint64_t kAllowance = 12U << 20U;
  EXPECT_LT(large.peak_bytes, small.peak_bytes + kAllowance);
}

}  // namespace
}  // namespace fovea::test
