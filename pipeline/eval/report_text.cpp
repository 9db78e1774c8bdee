// SPDX-License-Identifier: Apache-2.0
// An evaluation as text: for a terminal, as JSON, as CSV.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include <fmt/format.h>

#include "pipeline/eval/eval.hpp"
#include "pipeline/eval/report_numbers.hpp"
#include "pipeline/sinks/csv_field.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

constexpr std::size_t kMatrixClasses = 20;  // more do not fit a terminal
constexpr std::size_t kConfusionsShown = 10;
constexpr std::size_t kConfusionsKept = 50;
constexpr int kNameColumns = 28;

std::string answer_name(const Scores& scores, std::size_t answer) {
  return answer < scores.classes.size() ? scores.classes[answer].name : "(another class)";
}

bool any_other(const Scores& scores) {
  const std::size_t last = scores.classes.size();
  for (std::size_t truth = 0; truth < last; ++truth) {
    if (scores.at(truth, last) > 0) return true;
  }
  return false;
}

int name_columns(const Scores& scores) {
  int widest = 5;
  for (const ClassScore& one : scores.classes) {
    widest = std::max(widest, columns(printable(one.name)));
  }
  return std::min(widest, kNameColumns);
}

std::string name_cell(const std::string& name, int width) {
  return fit(printable(name), width, Cut::end, "…");
}

std::string headline(const EvalReport& report) {
  const Scores& scores = report.scores;
  std::string text = fmt::format("{}: {} pictures in {} classes", printable(report.dataset),
                                 with_commas(scores.pictures), scores.classes.size());
  if (scores.failed > 0)
    text += fmt::format(", {} more could not be read", with_commas(scores.failed));
  if (report.run.summary.interrupted) text += " (stopped early)";
  text += fmt::format("\n{} on {}, {}\n\n", printable(report.run.identity.model),
                      printable(report.run.identity.device), report.run.identity.precision);
  if (scores.pictures == 0) return text + "nothing was classified";
  const Interval& interval = scores.top1_interval;
  text += fmt::format("top-1  {:6.2f} %   95 % interval {:.2f} to {:.2f} %\n", 100 * scores.top1,
                      100 * interval.low, 100 * interval.high);
  return text + fmt::format("top-5  {:6.2f} %\n", 100 * scores.top5);
}

std::string class_table(const Scores& scores) {
  const int width = name_columns(scores);
  std::string text =
      fmt::format("\n{}  pictures   recall  precision       F1\n", name_cell("class", width));
  for (const ClassScore& one : scores.classes) {
    text += fmt::format("{}  {:>8} {:>8} {:>10} {:>8}\n", name_cell(one.name, width), one.pictures,
                        percent(one.recall), percent(one.precision), percent(one.f1));
  }
  return text;
}

std::string matrix(const Scores& scores, int width) {
  const std::size_t count = scores.classes.size();
  const std::size_t answers = any_other(scores) ? count + 1 : count;
  const int first = std::min(name_columns(scores), 16);
  std::uint64_t largest = 1;
  for (const std::uint64_t cell : scores.confusion) largest = std::max(largest, cell);
  const int digits = static_cast<int>(std::to_string(largest).size());
  const int room = (width - first) / static_cast<int>(answers) - 1;
  if (room < std::max(digits, 3)) return {};
  int widest = 3;
  for (std::size_t a = 0; a < answers; ++a) {
    widest = std::max(widest, columns(printable(answer_name(scores, a))));
  }
  const int cell = std::max(digits, std::min({room, widest, 10}));
  std::string text = "\nconfusion (a row is a true class, a column an answer)\n" +
                     std::string(static_cast<std::size_t>(first), ' ');
  for (std::size_t a = 0; a < answers; ++a) {
    const std::string name = fit(printable(answer_name(scores, a)), cell, Cut::end, "");
    const std::size_t used = name.find_last_not_of(' ') + 1;
    text += " " + std::string(name.size() - used, ' ') + name.substr(0, used);
  }
  for (std::size_t truth = 0; truth < count; ++truth) {
    text += "\n" + name_cell(scores.classes[truth].name, first);
    for (std::size_t a = 0; a < answers; ++a) {
      const std::uint64_t value = scores.at(truth, a);
      text += fmt::format(" {:>{}}", value == 0 ? "." : std::to_string(value), cell);
    }
  }
  return text + "\n";
}

std::string mistakes(const Scores& scores) {
  const auto top = top_confusions(scores, kConfusionsShown);
  if (top.empty()) return {};
  std::string text = "\nmost frequent confusions\n";
  for (const Confusion& one : top) {
    text += fmt::format("{:>6}  {} taken for {}\n", one.count,
                        printable(scores.classes[one.truth].name),
                        printable(answer_name(scores, one.answer)));
  }
  return text;
}

}  // namespace

std::string to_text(const EvalReport& report, int columns) {
  const Scores& scores = report.scores;
  std::string text = headline(report);
  if (scores.pictures == 0) return text;
  text += class_table(scores);
  if (scores.classes.size() <= kMatrixClasses) text += matrix(scores, columns);
  text += mistakes(scores);
  text.pop_back();  // the caller ends the last line
  return text;
}

std::string to_json(const EvalReport& report) {
  const Scores& scores = report.scores;
  const RunIdentity& run = report.run.identity;
  Json classes = Json::array();
  for (const ClassScore& one : scores.classes) {
    classes.push_back({{"name", one.name},
                       {"pictures", one.pictures},
                       {"answered", one.answered},
                       {"right", one.right},
                       {"recall", json_number(one.recall)},
                       {"precision", json_number(one.precision)},
                       {"f1", json_number(one.f1)}});
  }
  Json confusions = Json::array();
  for (const Confusion& one : top_confusions(scores, kConfusionsKept)) {
    confusions.push_back(
        {{"truth", scores.classes[one.truth].name},
         {"answer", one.answer < scores.classes.size() ? Json(scores.classes[one.answer].name)
                                                       : Json(nullptr)},
         {"count", one.count}});
  }
  const Json json = {{"schema", 1},
                     {"dataset", report.dataset},
                     {"data", source_field(report.data)},
                     {"model", {{"name", run.model}, {"sha256", run.model_sha256}}},
                     {"device", {{"name", run.device}, {"driver", run.driver}}},
                     {"precision", run.precision},
                     {"batch", run.batch},
                     {"pictures", scores.pictures},
                     {"failed", scores.failed},
                     {"interrupted", report.run.summary.interrupted},
                     {"right", scores.right},
                     {"right_in_top5", scores.right_in_top5},
                     {"top1", json_number(scores.top1)},
                     {"top1_interval95", Json::array({json_number(scores.top1_interval.low),
                                                      json_number(scores.top1_interval.high)})},
                     {"top5", json_number(scores.top5)},
                     {"mean_recall", json_number(scores.mean_recall)},
                     {"classes", std::move(classes)},
                     {"confusions", std::move(confusions)},
                     {"elapsed_s", rounded(report.run.summary.elapsed_s, 3)},
                     {"images_per_s", rounded(report.run.summary.images_per_s, 3)}};
  return to_pretty(json);
}

std::string confusion_csv(const EvalReport& report) {
  const Scores& scores = report.scores;
  std::string text = "truth";
  for (const ClassScore& one : scores.classes) text += "," + csv_field(to_utf8(one.name));
  text += ",(another class)\r\n";
  for (std::size_t truth = 0; truth < scores.classes.size(); ++truth) {
    text += csv_field(to_utf8(scores.classes[truth].name));
    for (std::size_t answer = 0; answer <= scores.classes.size(); ++answer) {
      text += fmt::format(",{}", scores.at(truth, answer));
    }
    text += "\r\n";
  }
  return text;
}

std::string classes_csv(const EvalReport& report) {
  std::string text = "class,pictures,answered,right,recall,precision,f1\r\n";
  for (const ClassScore& one : report.scores.classes) {
    text += fmt::format("{},{},{},{},{},{},{}\r\n", csv_field(to_utf8(one.name)), one.pictures,
                        one.answered, one.right, csv_number(one.recall), csv_number(one.precision),
                        csv_number(one.f1));
  }
  return text;
}

}  // namespace fovea::pipeline
