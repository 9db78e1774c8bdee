// SPDX-License-Identifier: Apache-2.0
#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <opencv2/core.hpp>

#include "pipeline/sinks/html_page.hpp"
#include "pipeline/sinks/text.hpp"
#include "tests/unit/sinks/fixture.hpp"

namespace fovea::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::set<std::string> kVoid = {"meta", "img", "input"};

// Opens and closes every element, quotes every attribute; returns what is wrong, or "".
std::string fault_in(std::string_view html) {
  std::vector<std::string> open;
  std::size_t i = html.find("<html");
  while ((i = html.find('<', i)) != std::string_view::npos) {
    if (html.substr(i, 2) == "</") {
      const std::size_t end = html.find('>', i);
      const std::string name(html.substr(i + 2, end - i - 2));
      if (open.empty() || open.back() != name) return "</" + name + "> closes nothing";
      open.pop_back();
      i = end;
      continue;
    }
    std::size_t at = i + 1;
    std::string name;
    while (at < html.size() && std::isalnum(static_cast<unsigned char>(html[at])) != 0) {
      name += html[at++];
    }
    if (name.empty()) return "a bare <: " + std::string(html.substr(i, 40));
    while (html[at] != '>') {
      if (html[at] == ' ' || html[at] == '/') {
        ++at;
        continue;
      }
      std::string attribute;
      while (std::isalnum(static_cast<unsigned char>(html[at])) != 0 || html[at] == '-') {
        attribute += html[at++];
      }
      if (attribute.empty()) return "odd attribute in <" + name + ">";
      if (html[at] != '=') continue;
      if (html[at + 1] != '"') return attribute + " is not quoted";
      at = html.find('"', at + 2) + 1;
    }
    i = at;
    if (name == "script" || name == "style") {
      i = html.find("</" + name, i);
      open.push_back(name);
    } else if (!kVoid.contains(name) && html[at - 1] != '/') {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (std::size_t i = text.find(part); i != std::string::npos; i = text.find(part, i + 1)) ++found;
  return found;
}

class HtmlTest : public SinkTest {
 protected:
  std::string page(int max_thumbnails, const std::vector<Outcome<Frame>>& outcomes,
                   RunSummary summary = {}) {
    const auto path = dir() / "out/summary.html";
    std::filesystem::remove(path);
    const auto sink = make_sink({HtmlConfig{path, max_thumbnails}, {}}, make_identity(), kLabels);
    EXPECT_TRUE(sink->wants_thumbnail());
    for (const auto& outcome : outcomes) {
      std::holds_alternative<Frame>(outcome) ? ++summary.done : ++summary.failed;
      sink->write(outcome);
      EXPECT_FALSE(std::filesystem::exists(path)) << "the page appears complete or not at all";
    }
    sink->finish(summary);
    EXPECT_THAT(list(dir() / "out"), ElementsAre("summary.html"));
    return read(path);
  }
  static Frame with_thumbnail(Frame frame) {
    frame.thumbnail = cv::Mat(120, 160, CV_8UC3, cv::Scalar(200, 100, 50));
    return frame;
  }
};

TEST_F(HtmlTest, TheFaultFinderFindsFaults) {
  EXPECT_EQ(fault_in("<html><p class=\"a\">x</p></html>"), "");
  EXPECT_NE(fault_in("<html><p>x</html>"), "");
  EXPECT_NE(fault_in("<html><p class=a>x</p></html>"), "");
  EXPECT_NE(fault_in("<html><b>"), "");
  EXPECT_NE(fault_in("<html>a < b</html>"), "");
}

TEST_F(HtmlTest, IsWellFormedForNoneFewAndManyPictures) {
  EXPECT_EQ(fault_in(page(10, {})), "");
  EXPECT_EQ(fault_in(page(10, {cat_frame(), make_failure("b.jpg", "broken")})), "");
  std::vector<Outcome<Frame>> many;
  for (int i = 0; i < 40; ++i) {
    many.emplace_back(make_frame("p.jpg", {{i, "class " + std::to_string(i), 0.02f * i}}));
  }
  EXPECT_EQ(fault_in(page(10, many)), "");
}

TEST_F(HtmlTest, ShowsThumbnailsCountsAndFailures) {
  const std::string html =
      page(10, {with_thumbnail(cat_frame("a/one.jpg")), with_thumbnail(cat_frame("a/two.jpg")),
                make_frame("a/three.jpg", {{2, "dog", 0.41f}}),
                make_failure("a/four.jpg", "the file ends early")});
  EXPECT_THAT(html, HasSubstr("<h1>3 pictures, 2 classes</h1>"));
  EXPECT_EQ(count(html, "src=\"data:image/jpeg;base64,/9j/"), 2);
  EXPECT_THAT(html, HasSubstr("no preview"));
  EXPECT_THAT(html, HasSubstr("<bdi class=\"name\">cat</bdi><span class=\"track\">"
                              "<i style=\"--v:1.0000\"></i></span><span class=\"num\">2<"));
  EXPECT_THAT(html, HasSubstr("<title>90 to 95 %: 2 pictures</title>"));
  EXPECT_THAT(html, HasSubstr("<title>40 to 45 %: 1 picture</title>"));
  EXPECT_THAT(html, HasSubstr("<td>the file ends early</td><td class=\"num\">1.5 kB</td>"));
  EXPECT_THAT(html, HasSubstr("tiny-vit on test device"));
}

TEST_F(HtmlTest, NamesFromOutsideCannotBecomeMarkup) {
  const std::string evil = "\"><script>alert(1)</script><img src=x onerror='x'>.jpg";
  Frame frame = with_thumbnail(cat_frame(evil));
  frame.labels = {{0, "<img src=x onerror=alert(1)>", 0.9f}, {1, "</li><script>", 0.1f}};
  Frame scheme = cat_frame("javascript:alert(1)");
  Failure failure = make_failure(evil, "<script>alert(2)</script>");
  failure.stage = "<b>";
  const std::string html = page(10, {frame, scheme, failure});
  EXPECT_EQ(fault_in(html), "");
  EXPECT_EQ(count(html, "<script"), 1) << "only the page's own";
  EXPECT_EQ(count(html, "<img "), 1) << "only the thumbnail";
  EXPECT_THAT(html, Not(HasSubstr("href=\"javascript")));
  EXPECT_THAT(html, HasSubstr("javascript%3Aalert%281%29"));
}

TEST_F(HtmlTest, ThePageAdmitsOnlyItsOwnScriptAndNoNetwork) {
  const std::string html = page(10, {cat_frame()});
  const std::size_t at = html.find("script-src 'nonce-");
  ASSERT_NE(at, std::string::npos);
  const std::string nonce = html.substr(at + 18, 32);
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, HasSubstr("<script nonce=\"" + nonce + "\">"));
  EXPECT_THAT(page(10, {cat_frame()}), Not(HasSubstr(nonce)));
  EXPECT_THAT(html, Not(HasSubstr("http://")));
  EXPECT_THAT(html, Not(HasSubstr("https://")));
}

TEST_F(HtmlTest, KeepsTheFirstThumbnailsAndCountsTheRest) {
  std::vector<Outcome<Frame>> many;
  for (int i = 0; i < 30; ++i) {
    many.emplace_back(with_thumbnail(cat_frame("p" + std::to_string(i) + ".jpg")));
  }
  std::get<Frame>(many[29]).labels[0].score = 0.11f;
  const std::string html = page(5, many);
  EXPECT_THAT(html, HasSubstr("<h1>30 pictures, 1 class</h1>"));
  EXPECT_THAT(html, HasSubstr("The first 5 of 30 pictures are shown"));
  const std::string gallery = html.substr(html.find("id=\"cards\""));
  EXPECT_EQ(count(gallery, "class=\"card\""), 5);
  const std::string unsure = html.substr(html.find("Worth a look"));
  EXPECT_LT(unsure.find("p29.jpg"), unsure.find("p0.jpg")) << "the least sure comes first";
}

TEST_F(HtmlTest, FailuresBeyondTheListAreCounted) {
  std::vector<Outcome<Frame>> many(1002, make_failure("x.jpg", "broken"));
  const std::string html = page(5, many);
  EXPECT_THAT(html, HasSubstr("1,002 pictures could not be read"));
  EXPECT_THAT(html, HasSubstr("The first 1,000 are listed"));
  EXPECT_EQ(count(html, "<td>broken</td>"), 1000);
}

TEST_F(HtmlTest, AnInterruptedRunSaysSo) {
  RunSummary summary;
  summary.interrupted = true;
  EXPECT_THAT(page(5, {cat_frame()}, summary), HasSubstr("Stopped early."));
}

TEST_F(HtmlTest, ADestroyedSinkLeavesTheOldPage) {
  write(dir() / "summary.html", "old");
  {
    const auto sink = make_html_sink({dir() / "summary.html", 5}, make_identity());
    sink->write(cat_frame());
  }
  EXPECT_EQ(read(dir() / "summary.html"), "old");
  EXPECT_THAT(list(dir()), ElementsAre("summary.html"));
}

TEST(WithCommas, PutsACommaBetweenThousands) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
}

TEST(HumanBytes, PicksTheUnit) {
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1536), "1.5 kB");
  EXPECT_EQ(human_bytes(999'960), "1.0 MB");
  EXPECT_EQ(human_bytes(3'000'000'000), "3.0 GB");
}

}  // namespace
}  // namespace fovea::pipeline
