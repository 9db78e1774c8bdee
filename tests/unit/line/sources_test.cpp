// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/sources.hpp"

#include <atomic>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "tests/unit/line/temp_tree.hpp"

namespace fovea::pipeline {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

SourceConfig at(const std::filesystem::path& path, SourceKind kind = SourceKind::path) {
  SourceConfig config;
  config.path = path;
  config.kind = kind;
  return config;
}

TEST(Sources, OneAfterTheOtherInTheOrderGiven) {
  TempTree tree;
  tree.file("z/1.jpg");
  tree.file("z/2.jpg");
  const auto single = tree.file("picture.without_ending");
  const auto list = tree.file("list.txt", "z/2.jpg\ngone.jpg\n");
  const std::vector<SourceConfig> configs{at(single), at(tree.root() / "z"),
                                          at(list, SourceKind::list)};
  Sources sources(configs, {});
  EXPECT_TRUE(sources.any());
  EXPECT_TRUE(sources.any());
  EXPECT_THAT(names(sources, tree.root()),
              ElementsAre("picture.without_ending", "z/1.jpg", "z/2.jpg", "z/2.jpg",
                          "! gone.jpg: no such file"));
  EXPECT_FALSE(sources.any());
  const std::atomic<bool> enough{false};
  EXPECT_EQ(count_inputs(configs, {}, enough), 5u);
}

TEST(Sources, CountingGivesUpWhenToldAndKnowsWhatItCannotKnow) {
  TempTree tree;
  tree.file("1.jpg");
  const std::vector<SourceConfig> folder{at(tree.root())};
  const std::atomic<bool> enough{true};
  EXPECT_EQ(count_inputs(folder, {}, enough), std::nullopt);
  const std::atomic<bool> go_on{false};
  const std::vector<SourceConfig> standard_input{at("-", SourceKind::stdin_paths)};
  EXPECT_EQ(count_inputs(standard_input, {}, go_on), std::nullopt);
}

TEST(Sources, RelativeOutputPathsAreRecognised) {
  TempTree tree;
  tree.file("in/a.jpg");
  tree.file("in/out/b.jpg");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(tree.root());
  SourceOptions options;
  options.not_input = {"in/../in/out"};
  Sources sources(std::vector{at("in")}, options);
  std::vector<std::string> found;
  while (auto item = sources.next()) found.push_back(std::get<Packet>(*item).path);
  std::filesystem::current_path(before);
  EXPECT_THAT(found, ElementsAre("in/a.jpg"));
}

TEST(Sources, AMissingPathIsRefusedBeforeAnythingIsRead) {
  TempTree tree;
  tree.file("a.jpg");
  auto missing = at(tree.root() / "typo");
  missing.place = {"run.yaml", 3, 7, "sources[1]"};
  try {
    Sources sources(std::vector{at(tree.root()), missing}, {});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("no such file or folder"), HasSubstr("typo"),
                                    HasSubstr("run.yaml:3:7")));
  }
}

TEST(Sources, NothingFoundSaysWhatWasLookedForAndWhere) {
  TempTree tree;
  tree.file("notes.txt");
  tree.file("film.mov");
  auto config = at(tree.root());
  config.recursive = false;
  Sources sources(std::vector{config}, {});
  EXPECT_FALSE(sources.any());
  EXPECT_THAT(sources.nothing_found().what(),
              AllOf(HasSubstr("no pictures found (2 other files passed over)"),
                    HasSubstr(tree.root().string() + " (not below it)"), HasSubstr("jpeg jpg")));
  config.include = {"*.png"};
  Sources patterned(std::vector{config}, {});
  EXPECT_FALSE(patterned.any());
  EXPECT_THAT(patterned.nothing_found().what(), HasSubstr("include and exclude patterns"));
}

}  // namespace
}  // namespace fovea::pipeline
