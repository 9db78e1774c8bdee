// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "compute/error.hpp"
#include "pipeline/sinks/place_file.hpp"
#include "pipeline/sinks/safe_name.hpp"
#include "pipeline/sinks/text.hpp"
#include "tests/unit/sinks/fixture.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SortTest : public SinkTest {
 protected:
  void sort(SortMode mode, const std::vector<Outcome<Frame>>& outcomes, double min_score = 0) {
    const auto sink =
        make_sink({SortConfig{dir() / "sorted", mode, min_score}, {}}, make_identity(), kLabels);
    for (const auto& outcome : outcomes) sink->write(outcome);
    sink->finish({});
  }
  std::string picture(const std::string& name, const std::string& bytes) {
    write(dir() / name, bytes);
    return (dir() / name).string();
  }
};

TEST_F(SortTest, LinksAreRelativeAndOpenThePicture) {
  const std::string file = picture("in/cat.jpg", "meow");
  sort(SortMode::link, {cat_frame(file)});
  const fs::path link = dir() / "sorted/cat/cat.jpg";
  EXPECT_EQ(fs::read_symlink(link), "../../in/cat.jpg");
  EXPECT_EQ(read(link), "meow");
  EXPECT_EQ(read(file), "meow");
}

TEST_F(SortTest, CopiesAndMoves) {
  const std::string a = picture("in/a.jpg", "aa");
  const std::string b = picture("in/b.jpg", "bb");
  sort(SortMode::copy, {cat_frame(a)});
  sort(SortMode::move, {cat_frame(b)});
  EXPECT_EQ(read(dir() / "sorted/cat/a.jpg"), "aa");
  EXPECT_EQ(read(dir() / "sorted/cat/b.jpg"), "bb");
  EXPECT_TRUE(fs::exists(a));
  EXPECT_FALSE(fs::exists(b));
  EXPECT_THAT(list(dir() / "sorted/cat"), ElementsAre("a.jpg", "b.jpg"));
}

TEST_F(SortTest, BelowTheScoreIsUnsureAndFailuresStay) {
  const std::string sure = picture("in/sure.jpg", "1");
  const std::string unsure = picture("in/unsure.jpg", "2");
  const std::string broken = picture("in/broken.jpg", "3");
  sort(SortMode::move,
       {make_frame(sure, {{2, "dog", 0.6f}}), make_frame(unsure, {{2, "dog", 0.59f}}),
        make_failure(broken, "broken")},
       0.6f);
  EXPECT_THAT(list(dir() / "sorted/dog"), ElementsAre("sure.jpg"));
  EXPECT_THAT(list(dir() / "sorted/_unsure"), ElementsAre("unsure.jpg"));
  EXPECT_TRUE(fs::exists(broken));
}

TEST_F(SortTest, ATakenNameGetsASuffixAndNothingIsOverwritten) {
  for (const SortMode mode : {SortMode::link, SortMode::copy, SortMode::move}) {
    fs::remove_all(dir() / "sorted");
    const std::string one = picture("one/cat.jpg", "first");
    const std::string two = picture("two/cat.jpg", "second");
    const std::string three = picture("three/cat.jpg", "third");
    sort(mode, {cat_frame(one), cat_frame(two), cat_frame(three)});
    EXPECT_EQ(read(dir() / "sorted/cat/cat.jpg"), "first");
    EXPECT_EQ(read(dir() / "sorted/cat/cat-2.jpg"), "second");
    EXPECT_EQ(read(dir() / "sorted/cat/cat-3.jpg"), "third");
    EXPECT_EQ(list(dir() / "sorted/cat").size(), 3U) << "a temporary file stayed";
  }
}

TEST_F(SortTest, ASecondRunRepeatsNeitherLinksNorCopies) {
  const std::string file = picture("in/cat.jpg", "meow");
  for (const SortMode mode : {SortMode::link, SortMode::copy}) {
    fs::remove_all(dir() / "sorted");
    sort(mode, {cat_frame(file)});
    sort(mode, {cat_frame(file)});
    EXPECT_THAT(list(dir() / "sorted/cat"), ElementsAre("cat.jpg"));
  }
}

TEST_F(SortTest, EqualPicturesAreBothMoved) {
  const std::string one = picture("one/cat.jpg", "same");
  const std::string two = picture("two/cat.jpg", "same");
  sort(SortMode::move, {cat_frame(one), cat_frame(two)});
  EXPECT_THAT(list(dir() / "sorted/cat"), ElementsAre("cat-2.jpg", "cat.jpg"));
}

TEST_F(SortTest, AMovedLinkStillOpensItsPicture) {
  picture("in/real.jpg", "meow");
  fs::create_symlink("real.jpg", dir() / "in/link.jpg");
  sort(SortMode::move, {cat_frame((dir() / "in/link.jpg").string())});
  EXPECT_EQ(read(dir() / "sorted/cat/real.jpg"), "meow");
  EXPECT_TRUE(fs::exists(dir() / "in/real.jpg"));
  EXPECT_FALSE(fs::exists(fs::symlink_status(dir() / "in/link.jpg")));
}

TEST_F(SortTest, AMoveByCopyKeepsBytesTimesAndMode) {
  const std::string file = picture("in/cat.jpg", std::string(200'000, 'z'));
  ::chmod(file.c_str(), 0640);
  const auto written = fs::last_write_time(file) - std::chrono::hours(5);
  fs::last_write_time(file, written);
  fs::create_directories(dir() / "out");
  const fs::path placed = move_by_copy(file, dir() / "out");
  EXPECT_EQ(read(placed).size(), 200'000U);
  EXPECT_EQ(fs::last_write_time(placed), written);
  EXPECT_EQ(fs::status(placed).permissions(), fs::perms(0640));
  EXPECT_FALSE(fs::exists(file));
  EXPECT_THAT(list(dir() / "out"), ElementsAre("cat.jpg"));
}

TEST_F(SortTest, MovesAcrossFileSystems) {
  struct stat here {};
  struct stat there {};
  ::stat(dir().c_str(), &here);
  if (::stat("/dev/shm", &there) != 0 || here.st_dev == there.st_dev) {
    GTEST_SKIP() << "no second file system at /dev/shm";
  }
  const fs::path other = fs::path("/dev/shm") / dir().filename();
  write(other / "cat.jpg", "meow");
  sort(SortMode::move, {cat_frame((other / "cat.jpg").string())});
  EXPECT_EQ(read(dir() / "sorted/cat/cat.jpg"), "meow");
  EXPECT_FALSE(fs::exists(other / "cat.jpg"));
  fs::remove_all(other);
}

TEST_F(SortTest, AFailedMoveLeavesTheOriginal) {
  const std::string file = picture("in/cat.jpg", "meow");
  write(dir() / "sorted/cat", "a file where the folder should be");
  try {
    sort(SortMode::move, {cat_frame(file)});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot sort a picture"));
    EXPECT_THAT(error.what(), HasSubstr(file));
    EXPECT_THAT(error.what(), HasSubstr("the original is untouched"));
  }
  EXPECT_EQ(read(file), "meow");
}

TEST_F(SortTest, StandardInputHasNothingToSort) {
  Frame frame = cat_frame("-");
  frame.path.clear();
  EXPECT_THROW(sort(SortMode::link, {frame}), ConfigError);
}

TEST(FolderNames, AreSafeAndDistinct) {
  EXPECT_THAT(folder_names({"cat", "tabby, tabby cat", "a/b\\c:d", "..", ".hidden", "", "_unsure",
                            "Cat", "end. ", "caf\xE9", "tab\there"}),
              ElementsAre("cat", "tabby, tabby cat", "a_b_c_d", "class_3", "_hidden", "class_5",
                          "_unsure_6", "Cat_7", "end", "caf\xEF\xBF\xBD", "tab_here"));
}

TEST(FolderNames, LongOnesAreCutBetweenCharacters) {
  std::string longest;
  for (int i = 0; i < 100; ++i) longest += "ü";
  const std::string name = folder_names({"x" + longest})[0];
  EXPECT_LE(name.size(), 120U);
  EXPECT_TRUE(is_utf8(name));
}

}  // namespace
}  // namespace fovea::pipeline
