// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/folder_source.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "tests/unit/line/temp_tree.hpp"

namespace fovea::pipeline {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SourceConfig config_of(const TempTree& tree) {
  SourceConfig config;
  config.path = tree.root();
  return config;
}

TEST(FolderSource, NaturalOrderThroughTheWholeTree) {
  TempTree tree;
  for (const char* name : {"img10.jpg", "img2.jpg", "b/2.png", "b/10.png", "B.jpg", "a/x/1.png",
                           "a/0.png", "c.PNG", "notes.txt", "README"}) {
    tree.file(name);
  }
  FolderSource source(config_of(tree));
  EXPECT_THAT(names(source, tree.root()), ElementsAre("a/0.png", "a/x/1.png", "b/2.png", "b/10.png",
                                                      "B.jpg", "c.PNG", "img2.jpg", "img10.jpg"));
  EXPECT_EQ(source.passed_over(), 2u);
}

TEST(FolderSource, TheSourceIsThePathAsTyped) {
  TempTree tree;
  tree.file("p/a.jpg");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(tree.root());
  SourceConfig config;
  config.path = "p";
  FolderSource source(config);
  const auto packet = source.next();
  std::filesystem::current_path(before);
  ASSERT_TRUE(packet);
  EXPECT_EQ(std::get<Packet>(*packet).tag.source, "p/a.jpg");
}

TEST(FolderSource, NotRecursiveStaysOnTop) {
  TempTree tree;
  tree.file("a.jpg");
  tree.file("below/b.jpg");
  auto config = config_of(tree);
  config.recursive = false;
  FolderSource source(config);
  EXPECT_THAT(names(source, tree.root()), ElementsAre("a.jpg"));
}

TEST(FolderSource, StrangeNames) {
  TempTree tree;
  for (const char* name :
       {"Grüße aus Köln.jpg", "line\nbreak.jpg", "日本/写真.png", "with space/ a .jpg",
        "bad-utf8-\xFF\xFE.jpg", "-dash.jpg", "#hash.jpg"}) {
    tree.file(name);
  }
  FolderSource source(config_of(tree));
  auto found = names(source, tree.root());
  EXPECT_EQ(found.size(), 7u);
  EXPECT_THAT(found, testing::IsSupersetOf({"line\nbreak.jpg", "日本/写真.png",
                                            "bad-utf8-\xFF\xFE.jpg", "with space/ a .jpg"}));
}

TEST(FolderSource, HiddenNamesAreLeftOut) {
  TempTree tree;
  tree.file(".hidden.jpg");
  tree.file(".git/a.jpg");
  tree.file("._a.jpg");
  tree.file("a.jpg");
  FolderSource source(config_of(tree));
  EXPECT_THAT(names(source, tree.root()), ElementsAre("a.jpg"));
}

TEST(FolderSource, IncludeAndExclude) {
  TempTree tree;
  for (const char* name : {"cats/1.jpg", "cats/notes.txt", "cats/raw.dat", "dogs/1.jpg",
                           "dogs/thumbs/1.jpg", "thumbs/2.jpg"}) {
    tree.file(name);
  }
  const auto found = [&](std::vector<std::string> include, std::vector<std::string> exclude) {
    auto config = config_of(tree);
    config.include = std::move(include);
    config.exclude = std::move(exclude);
    FolderSource source(config);
    return names(source, tree.root());
  };
  EXPECT_THAT(found({"cats/**"}, {}), ElementsAre("cats/1.jpg"));
  EXPECT_THAT(found({"*.dat"}, {}), ElementsAre("cats/raw.dat"));
  EXPECT_THAT(found({"*.dat", "dogs/*"}, {}), ElementsAre("cats/raw.dat", "dogs/1.jpg"));
  EXPECT_THAT(found({}, {"thumbs"}), ElementsAre("cats/1.jpg", "dogs/1.jpg"));
  EXPECT_THAT(found({}, {"thumbs/**"}),
              ElementsAre("cats/1.jpg", "dogs/1.jpg", "dogs/thumbs/1.jpg"));
  EXPECT_THAT(found({"**/1.jpg"}, {"**/thumbs/"}), ElementsAre("cats/1.jpg", "dogs/1.jpg"));
  EXPECT_THAT(found({"nothing/*"}, {}), IsEmpty());
}

TEST(FolderSource, LinksToFilesAreReadLinksToFoldersAreNamed) {
  TempTree tree, elsewhere;
  tree.file("a.jpg");
  elsewhere.file("far.jpg");
  tree.link("b.jpg", tree.root() / "a.jpg");
  tree.link("c.jpg", tree.root() / "gone.jpg");
  tree.link("d", elsewhere.root());
  FolderSource source(config_of(tree));
  EXPECT_THAT(names(source, tree.root()),
              ElementsAre("a.jpg", "b.jpg", "! c.jpg: the link leads nowhere",
                          "! d: a link to a folder, not followed (follow_links: true follows)"));
  auto following = config_of(tree);
  following.follow_links = true;
  FolderSource followed(following);
  EXPECT_THAT(names(followed, tree.root()),
              ElementsAre("a.jpg", "b.jpg", "! c.jpg: the link leads nowhere", "d/far.jpg"));
}

TEST(FolderSource, LoopsEnd) {
  TempTree tree;
  tree.file("a/b/1.jpg");
  tree.link("a/b/up", tree.root() / "a");
  tree.link("a/self", ".");
  auto config = config_of(tree);
  config.follow_links = true;
  FolderSource source(config);
  EXPECT_THAT(names(source, tree.root()),
              ElementsAre("a/b/1.jpg", "! a/b/up: the link leads back to a folder it lies in",
                          "! a/self: the link leads back to a folder it lies in"));
}

TEST(FolderSource, WhatCannotBeReadIsAFailureNotSilence) {
  TempTree tree;
  tree.file("a.jpg");
  tree.file("locked/b.jpg");
  ASSERT_EQ(::mkfifo((tree.root() / "pipe.jpg").c_str(), 0600), 0);
  std::filesystem::permissions(tree.root() / "locked", std::filesystem::perms::none);
  FolderSource source(config_of(tree));
  const auto found = names(source, tree.root());
  std::filesystem::permissions(tree.root() / "locked", std::filesystem::perms::owner_all);
  if (::geteuid() == 0) {  // root reads everything
    EXPECT_THAT(found, ElementsAre("a.jpg", "locked/b.jpg", "! pipe.jpg: not a regular file"));
  } else {
    EXPECT_THAT(found,
                ElementsAre("a.jpg", "! locked: the folder cannot be read: Permission denied",
                            "! pipe.jpg: not a regular file"));
  }
}

TEST(FolderSource, AFolderThatVanishesOnTheWayIsAFailure) {
  TempTree tree;
  tree.file("a.jpg");
  tree.file("b/c.jpg");
  FolderSource source(config_of(tree));
  std::filesystem::remove_all(tree.root() / "b");
  EXPECT_THAT(names(source, tree.root()),
              ElementsAre("a.jpg", "! b: the folder cannot be read: No such file or directory"));
}

TEST(FolderSource, OutputOfTheRunIsNotInput) {
  TempTree tree;
  tree.file("a.jpg");
  tree.file("chart.png");
  tree.file("sorted/cat/a.jpg");
  tree.file("x/sorted/b.jpg");
  FolderOptions options;
  options.not_input = {std::filesystem::canonical(tree.root() / "sorted"),
                       std::filesystem::canonical(tree.root() / "chart.png")};
  FolderSource source(config_of(tree), options);
  EXPECT_THAT(names(source, tree.root()), ElementsAre("a.jpg", "x/sorted/b.jpg"));
}

TEST(FolderSource, UnsortedGivesTheSameFiles) {
  TempTree tree;
  for (int i = 0; i < 300; ++i) tree.file(fmt::format("{}/{}.jpg", i % 7, i));
  FolderOptions unsorted;
  unsorted.sorted = false;
  FolderSource a(config_of(tree)), b(config_of(tree), unsorted);
  const auto in_order = names(a, tree.root());
  EXPECT_EQ(in_order.size(), 300u);
  EXPECT_THAT(names(b, tree.root()), testing::UnorderedElementsAreArray(in_order));
}

TEST(FolderSource, RefusesAFolderThatIsNotThere) {
  SourceConfig config;
  config.path = "/nonexistent/folder";
  EXPECT_THROW(FolderSource{config}, ConfigError);
}

}  // namespace
}  // namespace fovea::pipeline
