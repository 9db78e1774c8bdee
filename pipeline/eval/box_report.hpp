// SPDX-License-Identifier: Apache-2.0
#pragma once
// An evaluation of boxes, and its forms: text, JSON, CSV, a picture of the curves.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "pipeline/eval/average_precision.hpp"
#include "pipeline/line/run.hpp"

namespace fovea::pipeline {

struct BoxReport {
  std::string dataset, form;  // as in BoxTruth
  std::filesystem::path place;
  std::filesystem::path detections;    // the file; empty where a model was run
  std::uint64_t of_other_classes = 0;  // detections left out: the truth has no such class
  BoxScores scores;
  std::optional<RunReport> run;  // of the model
};

/// For a terminal of `columns`: the twelve figures of COCO, and a line a class. No newline at
/// the end.
std::string to_text(const BoxReport& report, int columns = 100);
/// One JSON object, indented, no newline at the end; docs/results.md describes it.
std::string to_json(const BoxReport& report);
std::string classes_csv(const BoxReport& report);
/// Precision over recall at overlap 0.50: the mean, and the classes with the most objects.
std::string curves_svg(const BoxReport& report);

/// eval.json, classes.csv and curves.svg in `dir`, made if absent. Each is replaced whole.
/// Throws Error when one cannot be written.
void write_eval_report(const BoxReport& report, const std::filesystem::path& dir);

}  // namespace fovea::pipeline
