// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pipeline/eval/box_report.hpp"
#include "pipeline/eval/report_numbers.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

constexpr double kLeft = 64, kRight = 544, kTop = 96, kBottom = 456;
constexpr double kWidth = 800, kHeight = 512;
constexpr std::size_t kClassesDrawn = 8;

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
constexpr const char* kColours[kClassesDrawn] = {"#3b82f6", "#ea7317", "#16a37f", "#c059d6",
                                                 "#d9a404", "#e05260", "#6f9d2f", "#7a86a8"};

std::string label(double x, double y, const char* style, const char* anchor,
                  const std::string& content) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\" text-anchor=\"{}\">{}</text>\n",
                     x, y, style, anchor, html_escape(content));
}

std::string path_of(const std::vector<double>& curve) {
  std::string path;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const double recall = static_cast<double>(i) / (kRecalls - 1);
    path += fmt::format("{}{:.1f},{:.1f}", i == 0 ? "M" : " L", kLeft + recall * (kRight - kLeft),
                        kBottom - curve[i] * (kBottom - kTop));
  }
  return path;
}

std::string grid() {
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
  out += label((kLeft + kRight) / 2, kBottom + 38, "tick", "middle", "recall");
  return out + label(kLeft, kTop - 12, "tick", "start", "precision");
}

/// One line of the legend: a stroke, a name, its AP50.
std::string legend_row(std::size_t row, const std::string& stroke, const std::string& name,
                       double ap50) {
  const double y = kTop + 14 + 24 * static_cast<double>(row);
  std::string shown = fit(printable(name), 20, Cut::end, "…");
  shown.resize(shown.find_last_not_of(' ') + 1);
  return fmt::format("<path {} d=\"M{:.1f},{:.1f} l28,0\"/>\n", stroke, kRight + 24, y) +
         label(kRight + 60, y + 4, "name", "start", shown) +
         label(kWidth - 16, y + 4, "name", "end", percent(ap50));
}

}  // namespace

std::string curves_svg(const BoxReport& report) {
  std::vector<const ClassFigures*> shown;
  for (const ClassFigures& one : report.scores.classes) {
    if (!one.curve50.empty()) shown.push_back(&one);
  }
  std::ranges::stable_sort(shown, std::ranges::greater{}, &ClassFigures::objects);
  const std::size_t with_objects = shown.size();
  shown.resize(std::min(shown.size(), kClassesDrawn));

  const BoxFigures& mean = report.scores.mean;
  const std::string title = fmt::format("{}: AP50 {}, AP {}", printable(report.dataset),
                                        percent(mean.ap50), percent(mean.ap[0]));
  const std::string source =
      report.run ? report.run->identity.model : report.detections.filename().string();
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" role=\"img\">\n<title>{2}</title>\n{3}",
      kWidth, kHeight, html_escape(title), kStyle);
  out += label(24, 36, "head", "start", title);
  out += label(24, 58, "tick", "start",
               fmt::format("{}, {}, {}; overlap 0.50", printable(source),
                           counted(report.scores.pictures, "picture", "pictures"),
                           counted(report.scores.objects, "object", "objects")));
  out += grid();
  std::string legend;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const std::string stroke = fmt::format("stroke=\"{}\"", kColours[i]);
    out += fmt::format("<path {} d=\"{}\"/>\n", stroke, path_of(shown[i]->curve50));
    legend += legend_row(i + 1, stroke, shown[i]->name, shown[i]->figures.ap50);
  }
  if (!report.scores.curve50.empty()) {
    out += fmt::format("<path class=\"mean\" d=\"{}\"/>\n", path_of(report.scores.curve50));
    legend +=
        legend_row(0, "class=\"mean\"", fmt::format("mean of {} classes", with_objects), mean.ap50);
  }
  if (with_objects > shown.size()) {
    legend += label(kRight + 60, kTop + 14 + 24 * static_cast<double>(shown.size() + 1), "tick",
                    "start", fmt::format("and {} classes more", with_objects - shown.size()));
  }
  return out + legend + "</svg>\n";
}

}  // namespace fovea::pipeline
