// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/text.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace fovea::pipeline {
namespace {

TEST(Utf8, KnowsWhatUnicodeCallsIllFormed) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("plain"));
  EXPECT_TRUE(is_utf8("Übung 日本 \xF0\x9F\x90\x88"));
  EXPECT_FALSE(is_utf8("caf\xE9"));               // Latin-1
  EXPECT_FALSE(is_utf8("\xC0\xAF"));              // overlong '/'
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));          // surrogate
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));      // above U+10FFFF
  EXPECT_FALSE(is_utf8("\xE2\x82"));              // cut short
  EXPECT_FALSE(is_utf8(std::string("\x80", 1)));  // continuation alone
}

TEST(Utf8, ReplacesEachBadByteAndKeepsTheRest) {
  EXPECT_EQ(to_utf8("caf\xE9.jpg"), "caf\xEF\xBF\xBD.jpg");
  EXPECT_EQ(to_utf8("a\xE2\x82z"), "a\xEF\xBF\xBD\xEF\xBF\xBDz");
  EXPECT_EQ(to_utf8("Übung"), "Übung");
}

TEST(SourceField, IsThePathUnlessBytesWouldBeLost) {
  EXPECT_EQ(source_field("photos/ü 1%.jpg"), "photos/ü 1%.jpg");
  EXPECT_EQ(source_field("photos/caf\xE9 1%.jpg"), "file:photos/caf%E9%201%25.jpg");
  EXPECT_EQ(source_field("file:x"), "file:file%3Ax");
}

TEST(HtmlEscape, LeavesNothingThatOpensATagOrEndsAnAttribute) {
  EXPECT_EQ(html_escape("<b a=\"x\" c='y'>&"), "&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;");
  EXPECT_EQ(html_escape("a\x01\x1b[31m"), "a\xEF\xBF\xBD\xEF\xBF\xBD[31m");
  EXPECT_EQ(html_escape("gpj.\xE2\x80\xAEtxt"), "gpj.\xEF\xBF\xBDtxt");  // right-to-left override
}

TEST(Base64, MatchesRfc4648TestVectors) {
  const auto encode = [](const std::string& text) {
    return base64(std::vector<unsigned char>(text.begin(), text.end()));
  };
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foob"), "Zm9vYg==");
  EXPECT_EQ(encode("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encode("\xFB\xFF\xBF"), "+/+/");
}

TEST(Columns, CountsWideCharactersTwiceAndAccentsNot) {
  EXPECT_EQ(columns("abc"), 3);
  EXPECT_EQ(columns("日本"), 4);
  EXPECT_EQ(columns("e\xCC\x81"), 1);  // e and a combining acute accent
}

TEST(Fit, PadsOrCutsToExactlyTheWidth) {
  EXPECT_EQ(fit("cat", 5, Cut::end, "…"), "cat  ");
  EXPECT_EQ(fit("photos/cat.jpg", 8, Cut::start, "…"), "…cat.jpg");
  EXPECT_EQ(fit("photos/cat.jpg", 8, Cut::end, "..."), "photo...");
  EXPECT_EQ(fit("日本語", 4, Cut::end, "…"), "日… ");  // half a character is never shown
}

TEST(Fit, EveryWidthIsExact) {
  const std::string text = "a日b本c語Übung";
  for (int width = 1; width < 20; ++width) {
    EXPECT_EQ(columns(fit(text, width, Cut::start, "…")), width);
    EXPECT_EQ(columns(fit(text, width, Cut::end, "…")), width);
    EXPECT_TRUE(is_utf8(fit(text, width, Cut::start, "…")));
  }
}

TEST(Text, NamesTheStagesThatLetPicturesGo) {
  EXPECT_EQ(filters_text({}), "");
  EXPECT_EQ(filters_text({{"filter", 3}}), "");
  EXPECT_EQ(filters_text({{"change", 1200}, {"filter", 3}}), " (change 1,200, filter 3)");
}

}  // namespace
}  // namespace fovea::pipeline
