// SPDX-License-Identifier: Apache-2.0
// Units, and texts that survive being written and read again.
#include "pipeline/config/values.hpp"

#include <optional>

#include <gmock/gmock.h>

#include "pipeline/config/units.hpp"

namespace fovea::pipeline {
namespace {

TEST(Values, Bytes) {
  EXPECT_EQ(parse_bytes("1GB"), 1'000'000'000);
  EXPECT_EQ(parse_bytes("64MiB"), 67'108'864);
  EXPECT_EQ(parse_bytes("1.5 GiB"), 1'610'612'736);
  EXPECT_EQ(parse_bytes("1.1MB"), 1'100'000);
  EXPECT_EQ(parse_bytes("12"), 12);
  EXPECT_EQ(parse_bytes("12B"), 12);
  for (const char* wrong : {"", "GB", "1G", "1 M", "1gb", "0x10", "inf", "nan", "1.5", "1e400",
                            "--1", "1MBB", "1 GB 2"}) {
    EXPECT_EQ(parse_bytes(wrong), std::nullopt) << wrong;
  }
}

TEST(Values, Counts) {
  EXPECT_EQ(parse_count("250M"), 250'000'000);
  EXPECT_EQ(parse_count("250k"), 250'000);
  EXPECT_EQ(parse_count("2.5M"), 2'500'000);
  EXPECT_EQ(parse_count("7"), 7);
  for (const char* wrong : {"", "M", "1MB", "1.5", "many", "1e30"}) {
    EXPECT_EQ(parse_count(wrong), std::nullopt) << wrong;
  }
}

TEST(Values, Scores) {
  EXPECT_EQ(parse_score("0.6"), 0.6);
  EXPECT_EQ(parse_score("60%"), 0.6);
  EXPECT_EQ(parse_score("12.5%"), 0.125);
  EXPECT_EQ(parse_score("1e-3"), 0.001);
  for (const char* wrong : {"", "%", "half", "0,6", "inf", "60 percent"}) {
    EXPECT_EQ(parse_score(wrong), std::nullopt) << wrong;
  }
}

TEST(Values, Durations) {
  EXPECT_EQ(parse_duration("150ms"), 150);
  EXPECT_EQ(parse_duration("5s"), 5000);
  EXPECT_EQ(parse_duration("1.5s"), 1500);
  EXPECT_EQ(parse_duration("2m"), 120'000);
  EXPECT_EQ(parse_duration("1 h"), 3'600'000);
  EXPECT_EQ(parse_duration("0"), 0);
  for (const char* wrong : {"", "s", "5", "1.5", "5 sec", "0.5ms", "5S", "1h30m", "inf", "nan s",
                            "1e300h", "--1s", "1mss"}) {
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
  }
}

TEST(Values, DurationsAreWrittenAsAPersonWould) {
  EXPECT_EQ(write_duration(0), "0s");
  EXPECT_EQ(write_duration(100), "100ms");
  EXPECT_EQ(write_duration(1500), "1.5s");
  EXPECT_EQ(write_duration(90'000), "90s");
  EXPECT_EQ(write_duration(5'400'000), "90m");
  EXPECT_EQ(write_duration(7'200'000), "2h");
  for (std::int64_t number = 1; number < 100'000'000; number = number * 7 / 4 + 1) {
    EXPECT_EQ(parse_duration(write_duration(number)), number) << write_duration(number);
  }
}

TEST(Values, WrittenNumbersReadBack) {
  const Key* bytes = limits_section().find("max_bytes");
  const Key* count = limits_section().find("max_pixels");
  for (const std::int64_t number : {1LL, 999LL, 1000LL, 1024LL, 1'000'000LL, 1'048'576LL,
                                    1'000'000'000LL, 1'073'741'824LL, 123'456'789LL}) {
    EXPECT_EQ(parse_bytes(write_value(*bytes, number)), number);
    EXPECT_EQ(parse_count(write_value(*count, number)), number);
  }
  EXPECT_EQ(write_value(*bytes, std::int64_t{1} << 30), "1GiB");
  EXPECT_EQ(write_value(*count, std::int64_t{250'000'000}), "250M");
}

TEST(Values, WrittenTextsReadBack) {
  for (const std::string text : {"plain/path.jpg",
                                 "with space",
                                 "",
                                 "-",
                                 "- x",
                                 "@list",
                                 "null",
                                 "~",
                                 "Null",
                                 "true",
                                 "a: b",
                                 "a #b",
                                 "[x]",
                                 "{y}",
                                 "it's",
                                 "\"q\"",
                                 "back\\slash",
                                 "tab\there",
                                 "line\nbreak",
                                 "\x01\x7f",
                                 "${HOME}",
                                 "$${HOME}",
                                 "$",
                                 "Größe/写真.jpg",
                                 "&a",
                                 "*a",
                                 "!t",
                                 "%p",
                                 "---",
                                 "...",
                                 "?",
                                 "a,b",
                                 " lead",
                                 "trail ",
                                 "\xe9t\xe9.jpg"}) {
    std::vector<Fault> faults;
    Document document;
    document.origins.push_back("t");
    document.root = parse_yaml("a: {b: " + write_text(text) + "}", "t", faults);
    expand_environment(document, faults);
    ASSERT_EQ(to_string(faults), "") << text;
    const Node* read = document.root.find("a")->find("b");
    ASSERT_TRUE(read != nullptr && read->is_scalar()) << text;
    EXPECT_EQ(read->text, text) << write_text(text);
  }
}

}  // namespace
}  // namespace fovea::pipeline
