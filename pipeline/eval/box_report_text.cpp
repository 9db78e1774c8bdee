// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "pipeline/eval/box_report.hpp"
#include "pipeline/eval/report_numbers.hpp"
#include "pipeline/sinks/csv_field.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace {

constexpr const char* kSizeNames[kSizes] = {"all", "small", "medium", "large"};

std::string headline(const BoxReport& report) {
  const BoxScores& scores = report.scores;
  std::string text = fmt::format("{} ({}): {}, {} in {}\n", printable(report.dataset), report.form,
                                 counted(scores.pictures, "picture", "pictures"),
                                 counted(scores.objects, "object", "objects"),
                                 counted(scores.classes.size(), "class", "classes"));
  if (report.run) {
    const RunIdentity& run = report.run->identity;
    text += fmt::format("{} on {}, {}", printable(run.model), printable(run.device), run.precision);
    if (report.run->summary.failed > 0) {
      text += fmt::format("; {} could not be read and count as nothing found",
                          counted(report.run->summary.failed, "picture", "pictures"));
    }
    if (report.run->summary.interrupted) text += " (stopped early)";
  } else {
    text += fmt::format("{} from {}", counted(scores.detections, "detection", "detections"),
                        printable(report.detections.string()));
  }
  if (report.of_other_classes > 0) {
    text += fmt::format("; {} more of classes that this data set does not have",
                        with_commas(report.of_other_classes));
  }
  return text + "\n";
}

std::string by_size(const char* name, const char* extra, const std::array<double, kSizes>& shares) {
  return fmt::format("{}  {:>8}   small {:>7}   medium {:>7}   large {:>7}   {}\n", name,
                     percent(shares[0]), percent(shares[1]), percent(shares[2]), percent(shares[3]),
                     extra);
}

Json json_of(const BoxFigures& figures) {
  Json json;
  for (std::size_t size = 0; size < kSizes; ++size) {
    json[size == 0 ? "ap" : std::string("ap_") + kSizeNames[size]] = json_number(figures.ap[size]);
  }
  json["ap50"] = json_number(figures.ap50);
  json["ap75"] = json_number(figures.ap75);
  for (std::size_t size = 0; size < kSizes; ++size) {
    json[size == 0 ? "ar" : std::string("ar_") + kSizeNames[size]] = json_number(figures.ar[size]);
  }
  json["ar1"] = json_number(figures.ar1);
  json["ar10"] = json_number(figures.ar10);
  return json;
}

Json curve_json(const std::vector<double>& curve) {
  Json json = Json::array();
  for (const double value : curve) json.push_back(json_number(value));
  return json;
}

}  // namespace

std::string to_text(const BoxReport& report, int columns) {
  const BoxScores& scores = report.scores;
  const BoxFigures& mean = scores.mean;
  std::string text = headline(report) + "\n";
  text += by_size("AP",
                  fmt::format("AP50 {}   AP75 {}", percent(mean.ap50), percent(mean.ap75)).c_str(),
                  mean.ap);
  text += by_size(
      "AR", fmt::format("with 1 {}   with 10 {}", percent(mean.ar1), percent(mean.ar10)).c_str(),
      mean.ar);
  const int width = std::clamp(columns - 62, 12, 28);
  text += fmt::format("\n{}   objects  detections       AP     AP50     AP75       AR\n",
                      fit("class", width, Cut::end, ""));
  for (const ClassFigures& one : scores.classes) {
    const BoxFigures& figures = one.figures;
    text += fmt::format("{}  {:>8} {:>11} {:>8} {:>8} {:>8} {:>8}\n",
                        fit(printable(one.name), width, Cut::end, "…"), with_commas(one.objects),
                        with_commas(one.detections), percent(figures.ap[0]), percent(figures.ap50),
                        percent(figures.ap75), percent(figures.ar[0]));
  }
  text.pop_back();  // the caller ends the last line
  return text;
}

std::string to_json(const BoxReport& report) {
  const BoxScores& scores = report.scores;
  Json json = {{"schema", 1},
               {"dataset", report.dataset},
               {"form", report.form},
               {"data", source_field(report.place.string())}};
  if (report.run) {
    const RunIdentity& run = report.run->identity;
    json["model"] = {{"name", run.model}, {"sha256", run.model_sha256}};
    json["device"] = {{"name", run.device}, {"driver", run.driver}};
    json["precision"] = run.precision;
    json["batch"] = run.batch;
    json["failed"] = report.run->summary.failed;
    json["interrupted"] = report.run->summary.interrupted;
  } else {
    json["detections_file"] = source_field(report.detections.string());
  }
  json["pictures"] = scores.pictures;
  json["objects"] = scores.objects;
  json["detections"] = scores.detections;
  json["detections_of_other_classes"] = report.of_other_classes;
  json.update(json_of(scores.mean));
  Json classes = Json::array();
  for (const ClassFigures& one : scores.classes) {
    Json entry = {
        {"name", to_utf8(one.name)}, {"objects", one.objects}, {"detections", one.detections}};
    entry.update(json_of(one.figures));
    entry["precision_at_recall_50"] = curve_json(one.curve50);
    classes.push_back(std::move(entry));
  }
  json["classes"] = std::move(classes);
  return to_pretty(json);
}

std::string classes_csv(const BoxReport& report) {
  std::string text =
      "class,objects,detections,ap,ap50,ap75,ap_small,ap_medium,ap_large,ar1,ar10,ar,ar_small,"
      "ar_medium,ar_large\r\n";
  for (const ClassFigures& one : report.scores.classes) {
    const BoxFigures& f = one.figures;
    text += fmt::format("{},{},{}", csv_field(to_utf8(one.name)), one.objects, one.detections);
    for (const double value : {f.ap[0], f.ap50, f.ap75, f.ap[1], f.ap[2], f.ap[3], f.ar1, f.ar10,
                               f.ar[0], f.ar[1], f.ar[2], f.ar[3]}) {
      text += "," + csv_number(value);
    }
    text += "\r\n";
  }
  return text;
}

}  // namespace fovea::pipeline
