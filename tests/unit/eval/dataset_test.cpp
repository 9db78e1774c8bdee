// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/dataset.hpp"

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <unistd.h>

#include "compute/error.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DatasetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "fovea-eval-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override { fs::remove_all(dir_); }

  fs::path put(const fs::path& name, const std::string& text) const {
    fs::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name, std::ios::binary) << text;
    return dir_ / name;
  }
  static std::string refusal(const fs::path& path) {
    try {
      load_dataset(path);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  }

  fs::path dir_;
};

std::vector<std::string> labels_of(const Dataset& dataset) {
  std::vector<std::string> labels;
  for (const ClassFolder& one : dataset.classes) labels.push_back(one.folder + "=" + one.label);
  return labels;
}

Dataset with_folders(const std::vector<std::string>& folders) {
  Dataset dataset;
  dataset.root = "data";
  for (const std::string& folder : folders) dataset.classes.push_back({folder, folder});
  return dataset;
}

TEST_F(DatasetTest, AFolderOfClassFolders) {
  put("set/dog/1.jpg", "");
  put("set/cat/1.jpg", "");
  put("set/.hidden/1.jpg", "");
  put("set/loose.jpg", "");
  const Dataset dataset = load_dataset(dir_ / "set/");
  EXPECT_EQ(dataset.name, "set");
  EXPECT_THAT(labels_of(dataset), ElementsAre("cat=cat", "dog=dog"));
}

TEST_F(DatasetTest, ADescriptionWithEnvironmentAndMapping) {
  put("pictures/aeroplane/1.jpg", "");
  ::setenv("FOVEA_TEST_ROOT", "../pictures", 1);
  const fs::path file = put("about/planes.yaml",
                            "name: Planes\nroot: ${FOVEA_TEST_ROOT}\nlicence: CC0\n"
                            "classes: {aeroplane: airplane}\n");
  const Dataset dataset = load_dataset(file);
  ::unsetenv("FOVEA_TEST_ROOT");
  EXPECT_EQ(dataset.name, "Planes");
  EXPECT_EQ(dataset.licence, "CC0");
  EXPECT_TRUE(fs::equivalent(dataset.root, dir_ / "pictures"));
  EXPECT_THAT(labels_of(dataset), ElementsAre("aeroplane=airplane"));
}

TEST_F(DatasetTest, WithoutClassesTheFoldersNamesCount) {
  put("pictures/cat/1.jpg", "");
  const Dataset dataset = load_dataset(put("d.yaml", "root: pictures\n"));
  EXPECT_EQ(dataset.name, "d");
  EXPECT_THAT(labels_of(dataset), ElementsAre("cat=cat"));
}

TEST_F(DatasetTest, EveryFaultIsNamedWithItsPlace) {
  put("pictures/cat/1.jpg", "");
  const fs::path file = put("d.yaml",
                            "root: pictures\nlisence: CC0\nname: [a]\n"
                            "classes:\n  cta: cat\n  ../x: cat\n");
  EXPECT_THAT(
      refusal(file),
      AllOf(HasSubstr("d.yaml:2:1 lisence: unknown key 'lisence'"),
            HasSubstr("did you mean 'licence'?"), HasSubstr("d.yaml:3:7 name: 'name' is one text"),
            HasSubstr("d.yaml:5:3 classes.cta: no such folder below root"),
            HasSubstr("did you mean 'cat'?"), HasSubstr("'../x' is not a folder below root")));
}

TEST_F(DatasetTest, WhatIsNoDataSetIsRefused) {
  EXPECT_THAT(refusal(dir_ / "absent"), HasSubstr("there is no data set of this name"));
  put("set/loose.jpg", "");
  EXPECT_THAT(refusal(dir_ / "set"), HasSubstr("no class folders"));
  EXPECT_THAT(refusal(put("a.yaml", "name: x\n")), HasSubstr("'root' is missing"));
  EXPECT_THAT(refusal(put("b.yaml", "root: nowhere\n")), HasSubstr("there is no folder"));
  EXPECT_THAT(refusal(put("c.yaml", "- a\n")), HasSubstr("a map of keys"));
  EXPECT_THAT(refusal(put("d.yaml", "root: [\n")), HasSubstr("d.yaml:"));
}

// The expected digest is the output of the shell command in dataset.hpp.
TEST_F(DatasetTest, Sha256IsWhatTheShellComputes) {
  put("set/cat/1.jpg", "one");
  put("set/cat/deep/2.jpg", "two");
  put("set/dog/1.jpg", "three");
  EXPECT_EQ(dataset_sha256(load_dataset(dir_ / "set")),
            "6072658a23b6484c0a22f072e0accf82f642e8e0b5fe25ef0f43f71a61a34d8f");
}

TEST(MatchClasses, CaseUnderscoresAndHyphensDoNotCount) {
  const std::vector<std::string> labels = {"Sea lion", "T-shirt", "great_white  shark"};
  EXPECT_THAT(match_classes(with_folders({"great-white_shark", "sea_LION", "t_shirt"}), labels),
              ElementsAre(2, 0, 1));
}

TEST(MatchClasses, APartOfALabelCountsWhereItIsAlone) {
  const std::vector<std::string> labels = {"tench, Tinca tinca", "crane, bird", "crane, machine"};
  EXPECT_THAT(match_classes(with_folders({"tinca_tinca", "bird"}), labels), ElementsAre(0, 1));
  EXPECT_THROW(match_classes(with_folders({"crane"}), labels), ConfigError);
}

TEST(MatchClasses, AWholeLabelGoesBeforeAPart) {
  const std::vector<std::string> labels = {"cat, big", "cat"};
  EXPECT_THAT(match_classes(with_folders({"cat"}), labels), ElementsAre(1));
}

TEST(MatchClasses, FoldersWithoutAClassAreListedWithBothSides) {
  const std::vector<std::string> labels = {"airplane", "bird", "cat"};
  try {
    match_classes(with_folders({"bird", "airplan", "zebra"}), labels);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("2 of 3 class folders are no class of this model: 'airplan' (did "
                                "you mean 'airplane'?), 'zebra'"),
                      HasSubstr("the model's 3 classes: airplane, bird, cat"),
                      HasSubstr("where: data"), HasSubstr("fix:   rename the folders, or write")));
  }
}

}  // namespace
}  // namespace fovea::pipeline
