// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pipeline/eval/box_report.hpp"
#include "pipeline/eval/chart_svg.hpp"
#include "pipeline/eval/report_numbers.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {

std::string curves_svg(const BoxReport& report) {
  std::vector<const ClassFigures*> shown;
  for (const ClassFigures& one : report.scores.classes) {
    if (!one.curve50.empty()) shown.push_back(&one);
  }
  std::ranges::stable_sort(shown, std::ranges::greater{}, &ClassFigures::objects);
  const std::size_t with_objects = shown.size();
  shown.resize(std::min(shown.size(), kChartColours));

  const BoxFigures& mean = report.scores.mean;
  const std::string source =
      report.run ? report.run->identity.model : report.detections.filename().string();
  Chart chart;
  chart.title = fmt::format("{}: AP50 {}, AP {}", printable(report.dataset), percent(mean.ap50),
                            percent(mean.ap[0]));
  chart.subtitle = fmt::format("{}, {}, {}; overlap 0.50", printable(source),
                               counted(report.scores.pictures, "picture", "pictures"),
                               counted(report.scores.objects, "object", "objects"));
  chart.x_name = "recall";
  chart.y_name = "precision";
  for (std::size_t i = 0; i < shown.size(); ++i) {
    chart.lines.push_back(
        {shown[i]->name, percent(shown[i]->figures.ap50), shown[i]->curve50, static_cast<int>(i)});
  }
  if (!report.scores.curve50.empty()) {
    chart.lines.push_back({fmt::format("mean of {} classes", with_objects), percent(mean.ap50),
                           report.scores.curve50, ChartLine::kStrong});
  }
  if (with_objects > shown.size()) {
    chart.note = fmt::format("and {} classes more", with_objects - shown.size());
  }
  return chart_svg(chart);
}

}  // namespace fovea::pipeline
