// SPDX-License-Identifier: Apache-2.0
// fovea attend: the files of a map, what they hold, and where the map lies on the picture.
#include <cmath>
#include <numeric>
#include <utility>

#include "tests/e2e/e2e_fixture.hpp"
#include "vision/preprocess/npy.hpp"

namespace fovea::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Attend : public EndToEndOnDevice {
 protected:
  ProcessResult attend(std::vector<std::string> arguments,
                       const fs::path& model = kTinyModel) const {
    arguments.insert(arguments.begin(), "attend");
    arguments.insert(arguments.end(), {"-m", model.string()});
    return fovea(arguments);
  }
  std::vector<std::string> files_in(const std::string& name) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_ / name)) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }
  static double sum_of(const std::vector<float>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
  }
};

TEST_F(Attend, WritesMapsOfEveryPictureAndSaysWhich) {
  picture("photos/a.png", 1, 64, 40);
  picture("photos/b.png", 2, 40, 64);
  text_file("photos/c.png", "no picture");
  const ProcessResult result = attend({"photos", "--head", "all", "-o", "maps", "-o", "r.jsonl"});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.out, HasSubstr("WRITTEN"));
  EXPECT_THAT(result.out, HasSubstr("maps/a_000000: heat overlay npy heads"));
  EXPECT_THAT(
      files_in("maps"),
      ElementsAre("a_000000.npy", "a_000000_heads.png", "a_000000_heat.png", "a_000000_overlay.jpg",
                  "b_000001.npy", "b_000001_heads.png", "b_000001_heat.png", "b_000001_overlay.jpg",
                  "errors.jsonl", "manifest.json"));
  const auto records = records_of(read_text(folder_ / "r.jsonl"));
  ASSERT_EQ(records.size(), 2u);
  for (const Json& record : records) {
    EXPECT_FALSE(record.at("labels").empty()) << "the model's answer is there too";
    const Json& map = record.at("attention").at("maps").at(0);
    const auto npy = vision::read_npy(folder_ / map.at("files").at("npy").get<std::string>());
    EXPECT_EQ(npy.shape, (std::vector<std::size_t>{map.at("heads"), map.at("grid").at(0),
                                                   map.at("grid").at(1)}));
    ASSERT_EQ(npy.shape.size(), 3u);
    // Of a head's row, which sums to 1, the class token keeps a part.
    const auto heads = static_cast<double>(npy.shape[0]);
    EXPECT_GT(heads, 1);
    EXPECT_LT(sum_of(npy.values), heads);
    EXPECT_GT(sum_of(npy.values), 0.5 * heads);
    const cv::Mat overlay =
        cv::imread((folder_ / map.at("files").at("overlay").get<std::string>()).string());
    EXPECT_EQ(overlay.cols, record.at("size").at(0).get<int>());
    EXPECT_EQ(overlay.rows, record.at("size").at(1).get<int>());
  }
}

TEST_F(Attend, HeadsAndTheirMeanAgree) {
  picture("a.png", 1);
  attend({"a.png", "--head", "all", "--write", "npy", "-o", "all"});
  attend({"a.png", "--write", "npy", "-o", "mean"});
  attend({"a.png", "--write", "npy", "-o", "one", "--head", "1"});
  EXPECT_THAT(files_in("mean"), ElementsAre("a_000000.npy", "manifest.json"));
  const auto all = vision::read_npy(folder_ / "all/a_000000.npy");
  const auto mean = vision::read_npy(folder_ / "mean/a_000000.npy");
  const auto one = vision::read_npy(folder_ / "one/a_000000.npy");
  const std::size_t heads = all.shape.at(0), patches = mean.values.size();
  ASSERT_EQ(all.values.size(), heads * patches);
  for (std::size_t i = 0; i < patches; ++i) {
    double sum = 0;
    for (std::size_t h = 0; h < heads; ++h) sum += static_cast<double>(all.values[h * patches + i]);
    EXPECT_NEAR(static_cast<double>(mean.values[i]), sum / static_cast<double>(heads), 1e-6);
    EXPECT_NEAR(one.values[i], all.values[patches + i], 1e-7f);
  }
}

TEST_F(Attend, APointInPixelsIsTheSameAsInShares) {
  picture("a.png", 1, 80, 60);
  attend({"a.png", "--write", "npy", "-o", "cls"});
  EXPECT_EQ(attend({"a.png", "--write", "npy", "-o", "px", "--query", "60,45"}).exit_code, 0);
  attend({"a.png", "--write", "npy", "-o", "share", "--query", "0.75,0.75"});
  attend({"a.png", "--write", "npy", "-o", "other", "--query", "2,2"});
  const auto values = [&](const std::string& name) {
    return vision::read_npy(folder_ / name / "a_000000.npy").values;
  };
  EXPECT_EQ(values("px"), values("share"));
  EXPECT_NE(values("px"), values("cls"));
  EXPECT_NE(values("px"), values("other"));

  const ProcessResult outside = attend({"a.png", "--query", "90,5", "-o", "none", "--json"});
  EXPECT_EQ(outside.exit_code, 3);
  EXPECT_THAT(read_text(folder_ / "none/errors.jsonl"),
              HasSubstr("the point (90, 5) of query lies outside of what the model sees: x from 0 "
                        "to 80 and y from 0 to 60 of 80 x 60 pixels"));
}

TEST_F(Attend, APictureThatDoesNotHaveThePointFailsInItsPlace) {
  for (const auto& [name, width] : {std::pair("a", 80), {"b", 40}, {"c", 90}, {"d", 61}}) {
    picture(std::string("photos/") + name + ".png", width, width, 60);
  }
  const ProcessResult result = attend(
      {"photos", "--query", "60,45", "--batch", "2", "--write", "npy", "-o", "maps", "--json"});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(sources_of(records_of(result.out)),
              ElementsAre("photos/a.png", "photos/c.png", "photos/d.png"));
  EXPECT_THAT(files_in("maps"), ElementsAre("a_000000.npy", "c_000002.npy", "d_000003.npy",
                                            "errors.jsonl", "manifest.json"));
  const auto errors = records_of(read_text(folder_ / "maps/errors.jsonl"));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].at("path"), "photos/b.png");
}

TEST_F(Attend, TheModelAnswersAsWithoutIt) {
  for (int i = 0; i < 5; ++i) picture("photos/" + std::to_string(i) + ".png", i, 40 + i, 50);
  const auto alone = records_of(classify({"photos", "--json", "--batch", "2"}).out);
  const auto with =
      records_of(attend({"photos", "--json", "--batch", "2", "-o", "maps", "--layer", "0"}).out);
  ASSERT_EQ(with.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t k = 0; k < 5; ++k) {
      const Json &one = alone[i].at("labels").at(k), &other = with[i].at("labels").at(k);
      EXPECT_EQ(one.at("id"), other.at("id"));
      // Another program may be planned otherwise; scores are of six decimals.
      EXPECT_NEAR(one.at("score").get<double>(), other.at("score").get<double>(), 2e-6);
    }
  }
}

TEST_F(Attend, RolloutAndMaskingGiveMapsOfTheSameGrid) {
  picture("a.png", 1);
  attend({"a.png", "--write", "npy", "-o", "raw"});
  const auto raw = vision::read_npy(folder_ / "raw/a_000000.npy");
  for (const char* method : {"rollout", "masking"}) {
    const ProcessResult result =
        attend({"a.png", "--write", "npy,heat", "-o", method, "--method", method});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto map = vision::read_npy(folder_ / method / "a_000000.npy");
    EXPECT_EQ(map.shape, raw.shape);
    EXPECT_NE(map.values, raw.values);
  }
}

TEST_F(Attend, AMapForEachObject) {
  picture("a.png", 1, 70, 50);
  const ProcessResult result = attend(
      {"a.png", "--per-object", "--min-score", "0", "--write", "npy", "-o", "maps", "--json"},
      kTinyDetector);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const Json record = records_of(result.out).at(0);
  const Json& maps = record.at("attention").at("maps");
  ASSERT_EQ(maps.size(), record.at("objects").size());
  ASSERT_EQ(maps.size(), 7u);
  std::vector<std::vector<float>> seen;
  for (std::size_t i = 0; i < maps.size(); ++i) {
    EXPECT_EQ(maps.at(i).at("object"), i);
    const auto file = maps.at(i).at("files").at("npy").get<std::string>();
    EXPECT_EQ(file, "maps/a_000000_" + std::to_string(i) + ".npy");
    seen.push_back(vision::read_npy(folder_ / file).values);
    if (i > 0) {
      EXPECT_NE(seen[i], seen[i - 1]);
    }
  }
}

TEST_F(Attend, TheEmittedFileDoesTheSame) {
  picture("a.png", 1);
  const ProcessResult yaml = attend({"a.png", "--query", "10,20", "--head", "1", "--layer", "-2",
                                     "-o", "maps", "--emit-yaml", "--json"});
  EXPECT_EQ(yaml.exit_code, 0) << yaml.err;
  EXPECT_THAT(yaml.out, HasSubstr("- attend: {layer: -2, head: 1, query: [10, 20]}"));
  text_file("job.yaml", yaml.out);
  EXPECT_EQ(fovea({"check", "job.yaml"}).exit_code, 0);
  const auto direct = records_of(
      attend({"a.png", "--query", "10,20", "--head", "1", "--layer", "-2", "-o", "maps", "--json"})
          .out);
  EXPECT_EQ(without_timings(records_of(fovea({"run", "job.yaml"}).out)), without_timings(direct));
}

TEST_F(Attend, WhatAModelHasNotIsSaidBeforeTheRun) {
  picture("a.png", 1);
  const auto error_of = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "a.png");
    const ProcessResult result = attend(std::move(arguments));
    EXPECT_EQ(result.exit_code, 1);
    return result.err;
  };
  EXPECT_THAT(error_of({"--layer", "40"}), HasSubstr("there is no layer 40"));
  EXPECT_THAT(error_of({"--head", "9"}), HasSubstr("there is no head 9"));
  EXPECT_THAT(error_of({"--head", "al"}), HasSubstr("did you mean 'all'?"));
  EXPECT_THAT(error_of({"--query", "here"}), HasSubstr("query is 'here'"));
  EXPECT_THAT(error_of({"--per-object"}), HasSubstr("per_object needs objects"));
  EXPECT_THAT(error_of({"-o", "one", "-o", "two"}),
              HasSubstr("two folders are named for the maps: 'one' and 'two'"));
  EXPECT_FALSE(fs::exists(folder_ / "attention"));
}

TEST_F(Attend, CopiesAndVideosShowIt) {
  picture("photos/a.png", 1);
  text_file("job.yaml", "version: 1\nsource: photos\nstages:\n  - classify: '" +
                            kTinyModel.string() +
                            "'\n  - attend\nsinks:\n  - images: {dir: copies, format: png}\n"
                            "  - video: {path: film.mp4}\n");
  const ProcessResult run = fovea({"run", "job.yaml"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const cv::Mat copy = cv::imread((folder_ / "copies/a_000000.png").string());
  const cv::Mat original = cv::imread((folder_ / "photos/a.png").string());
  ASSERT_EQ(copy.size(), original.size());
  EXPECT_GT(cv::norm(copy, original, cv::NORM_INF), 50);
  EXPECT_GT(fs::file_size(folder_ / "film.mp4"), 0u);
}

class Deletion : public EndToEndOnDevice {};

TEST_F(Deletion, OfAFewPicturesOfCifar10) {
  const fs::path cifar = source_dir() / "../shared/datasets/cifar10/test";
  if (!fs::exists(cifar))
    GTEST_SKIP() << "CIFAR-10 is not on this machine: shared/datasets/cifar10";
  for (const char* name : {"ship", "horse"}) {
    fs::create_directories(folder_ / "set" / name);
    int taken = 0;
    for (const auto& entry : fs::directory_iterator(cifar / name)) {
      if (++taken > 6) break;
      fs::copy_file(entry.path(), folder_ / "set" / name / entry.path().filename());
    }
  }
  const ProcessResult result = fovea(
      {"eval", "set", "-m", "fovea-vit-cifar10", "--deletion", "-o", "out", "--progress", "none"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("set: 12 pictures"));
  EXPECT_THAT(result.out, HasSubstr("made accuracy fall faster"));
  const Json json = Json::parse(read_text(folder_ / "out/deletion.json"));
  EXPECT_EQ(json.at("pictures"), 12);
  const Json& attended = json.at("attended").at("accuracy");
  const Json& random = json.at("random").at("accuracy");
  EXPECT_GE(attended.at(0).get<double>(), 0.5) << "a model that is right four times in five";
  EXPECT_EQ(attended.at(0), random.at(0));
  EXPECT_EQ(attended.at(10), random.at(10)) << "nothing is left either way";
  EXPECT_TRUE(fs::exists(folder_ / "out/deletion.svg"));
  EXPECT_TRUE(fs::exists(folder_ / "out/deletion.csv"));
}

TEST_F(Deletion, WhatItCannotTakeIsSaid) {
  picture("set/class 0/a.png", 1);
  const auto error_of = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{"eval", "set", "-m", kTinyModel.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProcessResult result = fovea(arguments);
    EXPECT_EQ(result.exit_code, 1);
    return result.err;
  };
  EXPECT_THAT(error_of({"--deletion", "--head", "all"}),
              HasSubstr("removal needs one order of the patches, and --head all has one a head"));
  EXPECT_THAT(error_of({"--head", "1"}),
              HasSubstr("method, layer and head say in which order patches are removed"));
}

}  // namespace
}  // namespace fovea::test
