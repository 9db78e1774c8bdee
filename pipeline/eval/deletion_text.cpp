// SPDX-License-Identifier: Apache-2.0
// What a deletion test found, as text, JSON, CSV and a picture.
#include <cmath>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "pipeline/eval/chart_svg.hpp"
#include "pipeline/eval/deletion.hpp"
#include "pipeline/eval/report_numbers.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

constexpr std::size_t kLast = kDeletionSteps - 1;

Json curve_json(const DeletionCurve& curve) {
  Json accuracy = Json::array();
  for (std::size_t step = 0; step < kDeletionSteps; ++step) {
    accuracy.push_back(json_number(curve.accuracy(step)));
  }
  return {{"accuracy", std::move(accuracy)}, {"area", json_number(curve.area())}};
}

std::vector<double> points_of(const DeletionCurve& curve) {
  std::vector<double> points;
  for (std::size_t step = 0; step < kDeletionSteps; ++step) points.push_back(curve.accuracy(step));
  return points;
}

}  // namespace

double DeletionCurve::accuracy(std::size_t step) const {
  if (pictures == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(right[step]) / static_cast<double>(pictures);
}

double DeletionCurve::area() const {
  double sum = 0;
  for (std::size_t step = 1; step < kDeletionSteps; ++step) {
    sum += (accuracy(step - 1) + accuracy(step)) / 2;
  }
  return sum / kLast;
}

std::string verdict(const DeletionReport& report) {
  if (report.attended.pictures == 0) return "no picture was classified";
  const double attended = report.attended.area(), random = report.random.area();
  const std::string areas = fmt::format("(area {:.3f} against {:.3f})", attended, random);
  if (attended == random) return "neither order of removal made accuracy fall faster " + areas;
  return attended < random
             ? "removing the most attended patches first made accuracy fall faster than removing "
               "patches at random " +
                   areas
             : "removing patches at random made accuracy fall faster than removing the most "
               "attended first " +
                   areas + ": this attention does not show what the model rests on";
}

std::string to_text(const DeletionReport& report) {
  std::string text = fmt::format("{}: {}", printable(report.dataset),
                                 counted(report.attended.pictures, "picture", "pictures"));
  if (report.failed > 0) text += fmt::format(", {} more could not be read", report.failed);
  if (report.run.summary.interrupted) text += " (stopped early)";
  text += fmt::format("\n{} on {}; attention: {}; random order from seed {}\n\n",
                      printable(report.run.identity.model), printable(report.run.identity.device),
                      report.attention, report.seed);
  text += "patches gone   most attended first   at random\n";
  for (std::size_t step = 0; step < kDeletionSteps; ++step) {
    text +=
        fmt::format("{:>10} %   {:>19}   {:>9}\n", 100 * step / kLast,
                    percent(report.attended.accuracy(step)), percent(report.random.accuracy(step)));
  }
  if (report.attended.pictures > 0) {
    text += fmt::format("{:>12}   {:>19.3f}   {:>9.3f}\n", "area", report.attended.area(),
                        report.random.area());
  }
  return text + "\n" + verdict(report);
}

std::string to_json(const DeletionReport& report) {
  const RunIdentity& run = report.run.identity;
  Json removed = Json::array();
  for (std::size_t step = 0; step < kDeletionSteps; ++step) {
    removed.push_back(static_cast<double>(step) / kLast);
  }
  const Json json = {{"schema", kSchema},
                     {"dataset", report.dataset},
                     {"data", source_field(report.data)},
                     {"model", {{"name", run.model}, {"sha256", run.model_sha256}}},
                     {"device", {{"name", run.device}, {"driver", run.driver}}},
                     {"precision", run.precision},
                     {"attention", report.attention},
                     {"seed", report.seed},
                     {"pictures", report.attended.pictures},
                     {"failed", report.failed},
                     {"interrupted", report.run.summary.interrupted},
                     {"removed", std::move(removed)},
                     {"attended", curve_json(report.attended)},
                     {"random", curve_json(report.random)},
                     {"verdict", verdict(report)},
                     {"elapsed_s", rounded(report.run.summary.elapsed_s, 3)}};
  return to_pretty(json);
}

std::string deletion_csv(const DeletionReport& report) {
  std::string text = "removed,attended,random\r\n";
  for (std::size_t step = 0; step < kDeletionSteps; ++step) {
    text += fmt::format("{:.1f},{},{}\r\n", static_cast<double>(step) / kLast,
                        csv_number(report.attended.accuracy(step)),
                        csv_number(report.random.accuracy(step)));
  }
  return text;
}

std::string deletion_svg(const DeletionReport& report) {
  Chart chart;
  chart.title = fmt::format("{}: accuracy without patches", printable(report.dataset));
  chart.subtitle =
      fmt::format("{}, {}; attention: {}", printable(report.run.identity.model),
                  counted(report.attended.pictures, "picture", "pictures"), report.attention);
  chart.x_name = "share of the patches that are gone";
  chart.y_name = "accuracy";
  if (report.attended.pictures > 0) {
    const auto area = [](const DeletionCurve& curve) {
      return fmt::format("{:.3f}", curve.area());
    };
    chart.lines.push_back({"most attended first", area(report.attended), points_of(report.attended),
                           ChartLine::kStrong});
    chart.lines.push_back({"at random", area(report.random), points_of(report.random), 0});
    chart.note = "at the right: the area under each";
  }
  return chart_svg(chart);
}

}  // namespace fovea::pipeline
