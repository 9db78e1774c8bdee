// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sources/glob.hpp"

#include <string>

#include <gtest/gtest.h>

#include "compute/error.hpp"
#include "pipeline/sources/natural_order.hpp"
#include "pipeline/sources/picture_kinds.hpp"

namespace fovea::pipeline {
namespace {

struct GlobCase {
  const char* pattern;
  const char* path;
  bool matches;
};

class GlobMatches : public testing::TestWithParam<GlobCase> {};

TEST_P(GlobMatches, AsWritten) {
  const auto& [pattern, path, matches] = GetParam();
  EXPECT_EQ(Glob(pattern).matches(path, false), matches) << pattern << " on " << path;
}

INSTANTIATE_TEST_SUITE_P(
    Glob, GlobMatches,
    testing::Values(
        GlobCase{"*.jpg", "a.jpg", true}, GlobCase{"*.jpg", "x/y/a.jpg", true},
        GlobCase{"*.jpg", "IMG_1.JPG", true}, GlobCase{"*.jpg", "a.jpeg", false},
        GlobCase{"*.jpg", ".jpg", true}, GlobCase{"a*b*c", "a1b2b3c", true},
        GlobCase{"a*b*c", "a1b2b3cd", false}, GlobCase{"img?.png", "img1.png", true},
        GlobCase{"img?.png", "img10.png", false}, GlobCase{"?", "", false},
        GlobCase{"cats/*.jpg", "cats/a.jpg", true}, GlobCase{"cats/*.jpg", "x/cats/a.jpg", false},
        GlobCase{"cats/*.jpg", "cats/x/a.jpg", false}, GlobCase{"cats/**", "cats/x/a.jpg", true},
        GlobCase{"cats/**/*.jpg", "cats/a.jpg", true},
        GlobCase{"cats/**/*.jpg", "cats/x/y/a.jpg", true},
        GlobCase{"**/cats/*", "cats/a.jpg", true}, GlobCase{"**/cats/*", "x/y/cats/a.jpg", true},
        GlobCase{"**/cats/*", "x/dogs/a.jpg", false},
        GlobCase{"**/a/**/b.png", "q/a/b/c/b.png", true},
        GlobCase{"**/a/**/b.png", "a/c.png", false}, GlobCase{"./cats/*", "cats/a", true},
        GlobCase{"/a.jpg", "a.jpg", true}, GlobCase{"/a.jpg", "x/a.jpg", false},
        GlobCase{"**", "x/a.jpg", true}, GlobCase{"[abc].png", "b.png", true},
        GlobCase{"[a-c].png", "B.png", true}, GlobCase{"[!a-c].png", "b.png", false},
        GlobCase{"[!a-c].png", "d.png", true}, GlobCase{"[]]x", "]x", true},
        GlobCase{"[a-]x", "-x", true}, GlobCase{"*.{jpg,png}", "a.png", true},
        GlobCase{"*.{jpg,png}", "a.gif", false}, GlobCase{"{a,b{c,d}}/*", "bd/x", true},
        GlobCase{"{a,b{c,d}}/*", "b/x", false}, GlobCase{"x{,y}.png", "x.png", true},
        GlobCase{"[{]x", "{x", true}, GlobCase{"Grüße*.jpg", "Grüße aus.jpg", true},
        GlobCase{"* *", "a b", true}, GlobCase{"thumbs/", "thumbs", false}));

TEST(Glob, FoldersOnly) {
  EXPECT_TRUE(Glob("thumbs/").matches("thumbs", true));
  EXPECT_TRUE(Glob("thumbs/").matches("a/b/thumbs", true));
  EXPECT_TRUE(Glob("a/thumbs/").matches("a/thumbs", true));
  EXPECT_FALSE(Glob("a/thumbs/").matches("b/thumbs", true));
}

TEST(Glob, RefusesWhatIsLeftOpen) {
  EXPECT_THROW(Glob("[ab"), ConfigError);
  EXPECT_THROW(Glob("{a,b"), ConfigError);
  EXPECT_THROW(Glob("[]"), ConfigError);
  std::string many;
  for (int i = 0; i < 40; ++i) many += "{a,b}";
  EXPECT_THROW(Glob{many}, ConfigError);
}

TEST(Glob, ManyStarsTakeNoAge) {
  const std::string text(3000, 'a');
  EXPECT_FALSE(Glob("*a*a*a*a*a*a*a*a*a*a*a*a*b").matches(text, false));
}

TEST(Glob, KnowsWhichPatternsNameAnEnding) {
  EXPECT_TRUE(Glob("*.dat").names_ending());
  EXPECT_TRUE(Glob("a/**/*.dat").names_ending());
  EXPECT_TRUE(Glob("*.{dat,raw}").names_ending());
  EXPECT_FALSE(Glob("cats/**").names_ending());
  EXPECT_FALSE(Glob("v1.2/*").names_ending());
  EXPECT_FALSE(Glob("*.*").names_ending());
}

TEST(NaturalOrder, NumbersCompareAsNumbers) {
  const char* in_order[] = {"",
                            "1",
                            "01",
                            "2",
                            "10",
                            "010",
                            "a",
                            "a1.jpg",
                            "a1b",
                            "a2.jpg",
                            "a10.jpg",
                            "B",
                            "c",
                            "img2.jpg",
                            "img10.jpg",
                            "img010a",
                            "img99999999999999999999",
                            "img100000000000000000000",
                            "Ä"};
  for (std::size_t i = 0; i < std::size(in_order); ++i) {
    for (std::size_t j = 0; j < std::size(in_order); ++j) {
      // "01" and "1", "010" and "10" are equal as numbers: bytes decide.
      const bool tie =
          (i == 1 && j == 2) || (i == 2 && j == 1) || (i == 4 && j == 5) || (i == 5 && j == 4);
      if (tie) continue;
      EXPECT_EQ(natural_less(in_order[i], in_order[j]), i < j) << in_order[i] << " " << in_order[j];
    }
  }
  EXPECT_NE(natural_less("01", "1"), natural_less("1", "01"));
  EXPECT_NE(natural_less("A", "a"), natural_less("a", "A"));
}

TEST(PictureKinds, Endings) {
  for (const char* name : {"a.jpg", "a.JPEG", "x.y.Png", "a.heic", "a.tiff", "a.webp", "a.ppm"}) {
    EXPECT_TRUE(has_picture_ending(name)) << name;
  }
  for (const char* name : {"a.txt", "jpg", ".jpg", "a.jpg.bak", "LICENSE", "", "a."}) {
    EXPECT_FALSE(has_picture_ending(name)) << name;
  }
}

TEST(PictureKinds, FirstBytes) {
  using namespace std::string_literals;
  const auto opens = [](const std::string& head) {
    return starts_like_picture(std::as_bytes(std::span(head)));
  };
  for (const auto& head :
       {"\xFF\xD8\xFF\xE0more"s, "\x89PNG\r\n\x1A\n"s, "GIF89a"s, "RIFF\1\2\3\4WEBPVP8 "s,
        "II*\0\1\2"s, "BM\x36\4\0\0\0\0\0\0\x36"s, "\0\0\0\x1C"s + "ftypavif"s,
        "P6\n640 480\n255\n"s, "P5 # made by hand\n"s}) {
    EXPECT_TRUE(opens(head)) << head;
  }
  for (const auto& head : {"photo.jpg\n"s, "BMW/a.jpg\nBMW/b.jpg\n"s, "P6 holiday.jpg\n"s,
                           "P5/2020 1.jpg\n"s, "P6 640 b.jpg\n"s, ""s, "GIF.gif"s, "RIFF.png\n"s}) {
    EXPECT_FALSE(opens(head)) << head;
  }
}

}  // namespace
}  // namespace fovea::pipeline
