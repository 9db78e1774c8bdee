// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/bench_plot.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fovea::pipeline {
namespace {

using testing::HasSubstr;
using testing::Not;

Plot plot_of_two() {
  return {"vit",
          "a device",
          "a driver",
          "fovea",
          {{"fp32", {{1, 10.5, 95}, {8, 42, 190.25}}}, {"fp16", {{8, 84, 95.5}, {1, 21, 47}}}}};
}

/// Every element is closed in the right order, and nothing looks like an element that is none.
void expect_well_formed(const std::string& svg) {
  std::vector<std::string> open;
  for (std::size_t at = svg.find('<'); at != std::string::npos; at = svg.find('<', at + 1)) {
    const std::size_t end = svg.find('>', at);
    ASSERT_NE(end, std::string::npos) << svg.substr(at, 60);
    const std::string tag = svg.substr(at + 1, end - at - 1);
    ASSERT_EQ(tag.find('<'), std::string::npos) << tag;
    if (tag.front() == '/') {
      ASSERT_FALSE(open.empty()) << tag;
      EXPECT_EQ(open.back(), tag.substr(1));
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
  }
  EXPECT_TRUE(open.empty()) << open.back();
}

TEST(BenchPlot, IsOneWellFormedDocumentWithItsFigures) {
  const std::string svg = plot_svg(plot_of_two());
  expect_well_formed(svg);
  EXPECT_THAT(svg, testing::StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  for (const char* part : {">84<", ">42<", ">190<", ">95.5<", "a device", "a driver", "fp32",
                           "fp16", "pictures a second", "milliseconds", "pictures in a batch"}) {
    EXPECT_THAT(svg, HasSubstr(part));
  }
}

TEST(BenchPlot, OneCurveShowsEveryFigure) {
  Plot plot = plot_of_two();
  plot.series.pop_back();
  const std::string svg = plot_svg(plot);
  for (const char* part : {">10.5<", ">42<", ">95<", ">190<"}) EXPECT_THAT(svg, HasSubstr(part));
}

TEST(BenchPlot, PointsRiseWithTheirFigures) {
  // The curve of fp32's throughput: batch 8 lies right of batch 1, and higher.
  const std::string svg = plot_svg(plot_of_two());
  const std::size_t at = svg.find("<path d=\"M");
  ASSERT_NE(at, std::string::npos);
  double x1 = 0, y1 = 0, x8 = 0, y8 = 0;
  ASSERT_EQ(std::sscanf(svg.c_str() + at, "<path d=\"M%lf,%lf L%lf,%lf\"", &x1, &y1, &x8, &y8), 4);
  EXPECT_LT(x1, x8);
  EXPECT_GT(y1, y8);
  // 42 on an axis from 0 (at 396) to 100 (at 128).
  EXPECT_NEAR(y8, 396 - 0.42 * (396 - 128), 0.06);
}

TEST(BenchPlot, NamesAreEscapedAndShortened) {
  Plot plot = plot_of_two();
  plot.model = R"(<script>"a" & 'b'</script>)";
  plot.device = std::string(500, 'x') + "\xff\x01";
  plot.series[0].name = "fp<32>";
  const std::string svg = plot_svg(plot);
  expect_well_formed(svg);
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(svg, Not(HasSubstr(std::string(200, 'x'))));
  EXPECT_THAT(svg, Not(HasSubstr("\x01")));
}

TEST(BenchPlot, NothingAndNonsenseAreDrawnWithoutNaN) {
  const double nan = std::nan(""), infinite = std::numeric_limits<double>::infinity();
  for (const Plot& plot :
       {Plot{}, Plot{"m", "d", "v", "f", {{"fp32", {}}}},
        Plot{"m", "d", "v", "f", {{"fp32", {{1, nan, 1}, {2, 1, infinite}, {0, 1, 1}}}}},
        Plot{"m", "d", "v", "f", {{"fp32", {{4, 0, 0}}}}}}) {
    const std::string svg = plot_svg(plot);
    expect_well_formed(svg);
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf")));
  }
}

}  // namespace
}  // namespace fovea::pipeline
