// SPDX-License-Identifier: Apache-2.0
#pragma once
// What int8 changes about a model, on the user's own pictures: answers, logits, weights. The
// command `models quantize` calls compare_int8() and one of the writers below.

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/eval/logit_difference.hpp"
#include "pipeline/line/run.hpp"
#include "vision/checkpoint/int8_model.hpp"
#include "vision/classify.hpp"

namespace fovea::pipeline {

struct Int8Request {
  /// Pictures as `classify` finds them in a folder, or as `eval` takes them: class folders or a
  /// DATASET.yaml.
  std::filesystem::path pictures;
  /// Path, built-in name or org/name[@revision].
  std::string model;
  /// How to run: device, batch, threads, limits. Its sources, stages and precision are replaced.
  RunConfig settings;
  RunOptions options;
};

/// A picture whose first answer is another.
struct ChangedAnswer {
  std::string source;
  vision::Label before, after;
};

struct Int8Report {
  std::string model, pictures;
  vision::Int8Summary weights;
  LogitDifference logits;              // from fp32 to int8
  std::vector<ChangedAnswer> changed;  // the first kMostChanged
  std::string no_accuracy;             // why accuracy is not counted; empty where it is
  RunReport run;
};

inline constexpr std::size_t kMostChanged = 20;

/// Runs the model in fp32 and in int8 over the pictures, each prepared once.
/// Throws ModelError when the weights are int8 already or not finite, and whatever
/// run_pipeline() throws.
Int8Report compare_int8(const Int8Request& request);

/// Throws Error with exit code `self_check` when more than `max_drop_percent` of the pictures
/// have another first answer.
void require_small_change(const Int8Report& report, double max_drop_percent);

/// For a terminal; `layers` adds a line for each matrix. Newline at the end.
std::string to_text(const Int8Report& report, bool layers);
/// One JSON object, indented, no newline at the end; docs/results.md describes it.
std::string to_json(const Int8Report& report);

}  // namespace fovea::pipeline
