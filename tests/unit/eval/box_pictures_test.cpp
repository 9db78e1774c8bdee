// SPDX-License-Identifier: Apache-2.0
// Where data sets keep the pictures that their boxes are of.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "pipeline/eval/box_eval.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class BoxPictures : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::path(testing::TempDir()) / (std::string("fovea-box-pictures-") + test->name());
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path made(const fs::path& name) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << "x";
    return root_ / name;
  }
  BoxTruth coco(const std::string& file, const std::vector<std::string>& names) const {
    BoxTruth truth;
    truth.form = "COCO JSON";
    truth.place = root_ / file;
    for (const std::string& name : names) truth.pictures.push_back({name, {}, {}});
    return truth;
  }
  BoxTruth voc(const std::string& folder, const std::vector<std::string>& names) const {
    BoxTruth truth = coco(folder, names);
    truth.form = "VOC XML";
    return truth;
  }

  fs::path root_;
};

TEST_F(BoxPictures, AreFoundWhereSuchSetsKeepThem) {
  for (const char* place :
       {"annotations/a.jpg", "annotations/images/a.jpg", "annotations/val2017/a.jpg",
        "val2017/a.jpg", "images/val2017/a.jpg", "images/a.jpg", "a.jpg"}) {
    const fs::path file = made(place);
    const auto found = find_pictures(coco("annotations/instances_val2017.json", {"a.jpg"}), {});
    ASSERT_EQ(found.size(), 1U) << place;
    EXPECT_TRUE(fs::equivalent(found[0], file)) << found[0];
    fs::remove(file);
  }
  for (const char* place : {"JPEGImages/a.jpg", "images/a.jpg", "Annotations/a.jpg", "a.jpg"}) {
    const fs::path file = made(place);
    EXPECT_TRUE(fs::equivalent(find_pictures(voc("Annotations", {"a.jpg"}), {}).at(0), file));
    fs::remove(file);
  }
}

TEST_F(BoxPictures, KeepTheOrderOfTheTruthAndMayHaveAnotherEnding) {
  const fs::path b = made("JPEGImages/b.png"), a = made("JPEGImages/a.jpeg");
  const auto found = find_pictures(voc("Annotations", {"b.jpg", "a.jpg"}), {});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(fs::equivalent(found[0], b));
  EXPECT_TRUE(fs::equivalent(found[1], a));
}

TEST_F(BoxPictures, InAFolderThatIsNamedNowhereElseIsLookedFor) {
  made("images/a.jpg");
  const fs::path other = made("other/deep/a.jpg");
  const BoxTruth truth = coco("x.json", {"deep/a.jpg"});
  EXPECT_TRUE(fs::equivalent(find_pictures(truth, root_ / "other").at(0), other));
  EXPECT_THROW(find_pictures(truth, root_ / "images"), ConfigError);
}

TEST_F(BoxPictures, OneThatIsMissingIsNamed) {
  made("images/a.jpg");
  try {
    find_pictures(coco("x.json", {"a.jpg", "b.jpg", "c.jpg"}), {});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("2 of 3 pictures are not there; the first: b.jpg"),
                                    HasSubstr("images"), HasSubstr("--images FOLDER")));
  }
  EXPECT_THROW(find_pictures(coco("x.json", {}), {}), ConfigError);
}

}  // namespace
}  // namespace fovea::pipeline
