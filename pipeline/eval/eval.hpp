// SPDX-License-Identifier: Apache-2.0
#pragma once
// How often a classifier is right, over pictures whose class is known. The command `eval`
// calls evaluate() and one or more of the writers below.

#include <cstdint>
#include <filesystem>
#include <string>

#include "pipeline/eval/score.hpp"
#include "pipeline/line/run.hpp"

namespace fovea::pipeline {

struct EvalRequest {
  /// Class folders (FOLDER/<class>/...), or a DATASET.yaml (pipeline/eval/dataset.hpp).
  std::filesystem::path data;
  /// Path, built-in name or org/name[@revision].
  std::string model;
  /// How to run: device, precision, batch, threads, limits, sinks besides the counters.
  /// Its sources and stages are replaced.
  RunConfig settings;
  RunOptions options;
};

struct EvalReport {
  std::string dataset;
  std::string data;  // where the pictures were
  Scores scores;
  RunReport run;
};

/// Runs the model over the data set and counts. A picture that cannot be read is counted
/// as such, not as a wrong answer.
/// Throws ConfigError when a class folder is no class of the model (listing both sides) or
/// the data set's sha256 differs, and whatever run_pipeline() throws.
EvalReport evaluate(const EvalRequest& request);

/// For a terminal of `columns`: figures, per-class table, confusion matrix (up to 20 classes)
/// and the most frequent confusions. No newline at the end.
std::string to_text(const EvalReport& report, int columns = 100);
/// One JSON object, indented, no newline at the end; docs/results.md describes it.
std::string to_json(const EvalReport& report);
/// Rows are truth, columns answers; the last column counts answers that are no class of
/// the data set.
std::string confusion_csv(const EvalReport& report);
std::string classes_csv(const EvalReport& report);
/// The confusion matrix as a picture: each row's share as colour, counts in the cells up to
/// 20 classes. Throws Error when it cannot be written.
void write_confusion_png(const EvalReport& report, const std::filesystem::path& file);

/// eval.json, classes.csv, confusion.csv and confusion.png in `dir`, made if absent.
/// Each is replaced whole. Throws Error when one cannot be written.
void write_eval_report(const EvalReport& report, const std::filesystem::path& dir);

}  // namespace fovea::pipeline
