// SPDX-License-Identifier: Apache-2.0
#pragma once
// Does a model rest on what it attends to? Accuracy while the most attended patches are removed
// first, beside patches removed at random (Samek et al. 2017, "Evaluating the visualization of what
// a deep neural network has learned"). The command `eval --deletion` calls evaluate_deletion() and
// one or more of the writers below.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "pipeline/config/attend_config.hpp"
#include "pipeline/eval/deletion_stage.hpp"
#include "pipeline/line/run.hpp"

namespace fovea::pipeline {

/// Share of right answers at each step.
struct DeletionCurve {
  std::array<std::uint64_t, kDeletionSteps> right{};
  std::uint64_t pictures = 0;

  /// NaN without pictures.
  double accuracy(std::size_t step) const;
  /// Under the curve over the share removed, by trapezoids, 0..1: smaller has fallen faster.
  double area() const;
};

struct DeletionRequest {
  /// Class folders (FOLDER/<class>/...), or a DATASET.yaml (pipeline/eval/dataset.hpp).
  std::filesystem::path data;
  std::string model;    // path, built-in name or org/name[@revision]; a classifier
  AttendConfig attend;  // the class token's attention: no query, no objects, heads as one
  std::uint64_t seed = 1;
  /// How to run: device, precision, batch, threads, limits. Its sources and stages are replaced.
  RunConfig settings;
  RunOptions options;
};

struct DeletionReport {
  std::string dataset, data;
  std::string attention;  // "last layer, mean of heads"
  std::uint64_t seed = 1;
  DeletionCurve attended, random;
  std::uint64_t failed = 0;  // pictures that could not be read
  RunReport run;
};

/// Runs the model 21 times a picture, once more a patch for masking. Patches are replaced in the
/// model's input by the processor's mean colour. Throws as evaluate().
DeletionReport evaluate_deletion(const DeletionRequest& request);

/// "... fell faster": which order of removal cost more right answers, with both areas.
std::string verdict(const DeletionReport& report);

/// For a terminal: both curves as a table, areas, and the verdict. No newline at the end.
std::string to_text(const DeletionReport& report);
/// One JSON object, indented, no newline at the end; docs/results.md describes it.
std::string to_json(const DeletionReport& report);
std::string deletion_csv(const DeletionReport& report);
std::string deletion_svg(const DeletionReport& report);

/// deletion.json, deletion.csv and deletion.svg in `dir`, made if absent. Each is replaced whole.
/// Throws Error when one cannot be written.
void write_eval_report(const DeletionReport& report, const std::filesystem::path& dir);

}  // namespace fovea::pipeline
