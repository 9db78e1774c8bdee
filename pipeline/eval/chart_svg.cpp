// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/chart_svg.hpp"

#include <fmt/format.h>

#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

constexpr double kLeft = 64, kRight = 544, kTop = 96, kBottom = 456;
constexpr double kWidth = 800, kHeight = 512;

// Readable on a light and on a dark page, and for eyes that tell no red from green.
const char* const kStyle = R"(<style>
svg { background: #ffffff; }
text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #57606a; }
.head { font-size: 19px; font-weight: 600; fill: #1f2328; }
.name { fill: #1f2328; }
.rule { stroke: #d8dee4; }
.mean { stroke: #1f2328; stroke-width: 3.5; }
path { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117; }
  text { fill: #9da7b1; }
  .head, .name { fill: #e6edf3; }
  .rule { stroke: #30363d; }
  .mean { stroke: #e6edf3; }
}
</style>
)";
constexpr const char* kColours[kChartColours] = {"#3b82f6", "#ea7317", "#16a37f", "#c059d6",
                                                 "#d9a404", "#e05260", "#6f9d2f", "#7a86a8"};

std::string label(double x, double y, const char* style, const char* anchor,
                  const std::string& content) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\" text-anchor=\"{}\">{}</text>\n",
                     x, y, style, anchor, html_escape(content));
}

std::string path_of(const std::vector<double>& points) {
  std::string path;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(points.size() - 1);
    path += fmt::format("{}{:.1f},{:.1f}", i == 0 ? "M" : " L", kLeft + share * (kRight - kLeft),
                        kBottom - points[i] * (kBottom - kTop));
  }
  return path;
}

std::string grid(const Chart& chart) {
  std::string out;
  for (int tenth = 0; tenth <= 10; tenth += 2) {
    const double share = tenth / 10.0;
    const double x = kLeft + share * (kRight - kLeft), y = kBottom - share * (kBottom - kTop);
    out +=
        fmt::format("<line class=\"rule\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>\n",
                    x, kTop, kBottom);
    out +=
        fmt::format("<line class=\"rule\" x1=\"{1}\" x2=\"{2}\" y1=\"{0:.1f}\" y2=\"{0:.1f}\"/>\n",
                    y, kLeft, kRight);
    out += label(x, kBottom + 18, "tick", "middle", fmt::format("{:.1f}", share));
    out += label(kLeft - 8, y + 4, "tick", "end", fmt::format("{:.1f}", share));
  }
  out += label((kLeft + kRight) / 2, kBottom + 38, "tick", "middle", chart.x_name);
  return out + label(kLeft, kTop - 12, "tick", "start", chart.y_name);
}

std::string stroke_of(const ChartLine& line) {
  if (line.colour == ChartLine::kStrong) return "class=\"mean\"";
  return fmt::format("stroke=\"{}\"", kColours[line.colour]);
}

double legend_y(std::size_t row) { return kTop + 14 + 24 * static_cast<double>(row); }

/// One line of the legend: a stroke, a name, its value.
std::string legend_row(std::size_t row, const ChartLine& line) {
  const double y = legend_y(row);
  std::string shown = fit(printable(line.name), 20, Cut::end, "…");
  shown.resize(shown.find_last_not_of(' ') + 1);
  return fmt::format("<path {} d=\"M{:.1f},{:.1f} l28,0\"/>\n", stroke_of(line), kRight + 24, y) +
         label(kRight + 60, y + 4, "name", "start", shown) +
         label(kWidth - 16, y + 4, "name", "end", line.value);
}

}  // namespace

std::string chart_svg(const Chart& chart) {
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" role=\"img\">\n<title>{2}</title>\n{3}",
      kWidth, kHeight, html_escape(chart.title), kStyle);
  out += label(24, 36, "head", "start", chart.title);
  out += label(24, 58, "tick", "start", chart.subtitle);
  out += grid(chart);
  // The strong line lies over the others, and stands first in the legend.
  std::string strong, legend;
  std::size_t row = 0;
  for (const bool first : {true, false}) {
    for (const ChartLine& line : chart.lines) {
      if ((line.colour == ChartLine::kStrong) != first) continue;
      legend += legend_row(row++, line);
      const std::string path =
          fmt::format("<path {} d=\"{}\"/>\n", stroke_of(line), path_of(line.points));
      (first ? strong : out) += path;
    }
  }
  out += strong;
  if (!chart.note.empty()) {
    legend += label(kRight + 60, legend_y(row), "tick", "start", chart.note);
  }
  return out + legend + "</svg>\n";
}

}  // namespace fovea::pipeline
