// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "compute/error.hpp"
#include "pipeline/sinks/text.hpp"
#include "tests/unit/sinks/fixture.hpp"

namespace fovea::pipeline {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TableTest : public SinkTest {
 protected:
  std::string table(const TerminalStyle& style, const std::vector<Outcome<Frame>>& outcomes,
                    int max_rows = 50, Answers answers = Answers::labels) {
    const auto path = dir() / "table.txt";
    std::FILE* out = std::fopen(path.c_str(), "w");
    const auto sink = make_table_sink({max_rows}, kLabels, out, style, answers);
    RunSummary summary;
    for (const auto& outcome : outcomes) {
      std::holds_alternative<Frame>(outcome) ? ++summary.done : ++summary.failed;
      sink->write(outcome);
    }
    sink->finish(summary);
    std::fclose(out);
    return read(path);
  }
};

TEST_F(TableTest, ReadsLikeThis) {
  const std::vector<Outcome<Frame>> outcomes = {cat_frame("photos/cat.jpg"),
                                                make_frame("photos/rex.jpg", {{2, "dog", 0.355f}}),
                                                make_failure("photos/note.txt", "not a picture")};
  EXPECT_EQ(table({.columns = 72}, outcomes),
            "FILE                              LABEL  SCORE              SECOND GUESS\n"
            "photos/cat.jpg                    cat    █████████▎ 93.0 %  dog    5.0 %\n"
            "photos/rex.jpg                    dog    ███▌       35.5 %\n"
            "photos/note.txt                   decode: not a picture\n"
            "\n"
            "2 pictures, 1 failed\n");
}

TEST_F(TableTest, ObjectsAreCountedByClass) {
  const auto object = [](int id, float score) {
    vision::Object found;
    found.id = id;
    found.name = kLabels[static_cast<std::size_t>(id)];
    found.score = score;
    return found;
  };
  Frame street = make_frame("photos/street.jpg", {});
  street.objects = {object(2, 0.98f), object(1, 0.9f), object(2, 0.7f)};
  const std::vector<Outcome<Frame>> outcomes = {street, make_frame("photos/sky.jpg", {}),
                                                make_failure("photos/note.txt", "not a picture")};
  EXPECT_EQ(table({.columns = 62}, outcomes, 50, Answers::objects),
            "FILE                      OBJECTS\n"
            "photos/street.jpg         2 dog 98 %, cat 90 %\n"
            "photos/sky.jpg            nothing\n"
            "photos/note.txt           decode: not a picture\n"
            "\n"
            "2 pictures, 1 failed\n");
}

TEST_F(TableTest, AsciiWhereTheTerminalHasNoMore) {
  const std::string text = table({.columns = 72, .unicode = false}, {cat_frame()});
  EXPECT_THAT(text, HasSubstr("cat    #########. 93.0 %"));
  for (const char c : text) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
}

TEST_F(TableTest, NoLineIsWiderThanTheTerminal) {
  const std::string long_name = "photos/日本/" + std::string(200, 'x') + ".jpg";
  Frame frame = cat_frame(long_name);
  frame.labels[0].name = std::string(90, 'w');
  for (const int width : {40, 57, 80, 120, 200}) {
    std::istringstream lines(table(
        {.columns = width}, {frame, make_failure(long_name, std::string(300, 'r')), cat_frame()}));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(columns(line), width) << line;
      EXPECT_TRUE(is_utf8(line));
    }
  }
}

TEST_F(TableTest, NamesCannotSteerTheTerminal) {
  const std::string text = table({.columns = 80}, {cat_frame("\x1b[2J\x1b]0;x\a.jpg")});
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\a")));
}

TEST_F(TableTest, ColoursOnlyWhenAsked) {
  EXPECT_THAT(table({.colour = true}, {cat_frame()}), HasSubstr("\x1b[32m"));
  EXPECT_THAT(table({.colour = false}, {cat_frame()}), Not(HasSubstr("\x1b")));
}

TEST_F(TableTest, RowsBeyondTheLimitAreCounted) {
  const std::vector<Outcome<Frame>> many(7, cat_frame());
  const std::string text = table({.columns = 80}, many, 3);
  EXPECT_THAT(text, HasSubstr("… and 4 more\n"));
  EXPECT_THAT(text, HasSubstr("7 pictures\n"));
}

TEST_F(TableTest, AFullPipeOrDiskIsAnError) {
  std::FILE* full = std::fopen("/dev/full", "w");
  const auto sink = make_table_sink({5}, kLabels, full, {});
  EXPECT_THROW(sink->write(cat_frame()), Error);
  std::fclose(full);
}

TEST_F(TableTest, AFileGetsNoColourAndTheEnvironmentsWidth) {
  ::setenv("COLUMNS", "123", 1);
  ::setenv("LC_ALL", "C", 1);
  std::FILE* file = std::fopen((dir() / "x").c_str(), "w");
  const TerminalStyle style = terminal_style(file);
  std::fclose(file);
  EXPECT_EQ(style.columns, 123);
  EXPECT_FALSE(style.colour);
  EXPECT_FALSE(style.clears_line);
  EXPECT_FALSE(style.unicode);
  ::setenv("LC_ALL", "en_GB.UTF-8", 1);
  EXPECT_TRUE(terminal_style(stdout).unicode);
  ::unsetenv("LC_ALL");
  ::unsetenv("COLUMNS");
}

}  // namespace
}  // namespace fovea::pipeline
