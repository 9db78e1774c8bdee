// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/list_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "tests/unit/line/temp_tree.hpp"

namespace fovea::pipeline {
namespace {

using testing::ElementsAre;

TEST(ListSource, PathsStartAtTheListsFolder) {
  TempTree tree;
  tree.file("lists/a.jpg");
  tree.file("b c.jpg");
  const auto absolute = tree.file("far/ä.jpg");
  const auto list = tree.file("lists/list.txt", "a.jpg\n\n# a comment\n../b c.jpg\n   \n" +
                                                    absolute.string() + "\nmissing.jpg\na.jpg");
  ListSource source(list);
  EXPECT_THAT(names(source, tree.root()),
              ElementsAre("lists/a.jpg", "lists/../b c.jpg", "far/ä.jpg",
                          "! lists/missing.jpg: no such file", "lists/a.jpg"));
}

TEST(ListSource, WindowsLineEndsAndByteOrderMark) {
  TempTree tree;
  tree.file("a.jpg");
  tree.file("b.jpg");
  ListSource source(tree.file("list.txt",
                              "\xEF\xBB\xBF"
                              "a.jpg\r\n\r\nb.jpg\r\n"));
  EXPECT_THAT(names(source, tree.root()), ElementsAre("a.jpg", "b.jpg"));
}

TEST(ListSource, FoldersAndMissingFilesAreFailuresInTheirPlace) {
  TempTree tree;
  tree.folder("sub");
  tree.file("a.jpg");
  ListSource source(tree.file("list.txt", "sub\na.jpg\na.jpg/b\n"));
  EXPECT_THAT(names(source, tree.root()),
              ElementsAre("! sub: a folder; name its pictures, or give the folder itself as a "
                          "source",
                          "a.jpg", "! a.jpg/b: no such file"));
}

TEST(ListSource, AnEmptyListGivesNothing) {
  TempTree tree;
  ListSource source(tree.file("list.txt", ""));
  EXPECT_FALSE(source.next());
}

TEST(ListSource, RefusesAListThatIsNotThere) {
  TempTree tree;
  EXPECT_THROW(ListSource(tree.root() / "no.txt"), ConfigError);
  EXPECT_THROW(ListSource(tree.root()), ConfigError);
}

}  // namespace
}  // namespace fovea::pipeline
