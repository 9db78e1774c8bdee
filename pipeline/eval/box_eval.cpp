// SPDX-License-Identifier: Apache-2.0
#include "pipeline/eval/box_eval.hpp"

#include <utility>

#include "compute/error.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {

std::optional<BoxTruth> find_box_truth(const std::filesystem::path& data,
                                       const std::string& split) {
  if (data.extension() == ".json") {
    if (!split.empty()) {
      throw ConfigError("a COCO file has no splits", printable(data.string()),
                        "leave --split out; each split is a file of its own");
    }
    return read_coco_truth(data);
  }
  const std::optional<VocLayout> voc = find_voc(data);
  return voc ? std::optional(read_voc_truth(*voc, split)) : std::nullopt;
}

BoxReport evaluate_detections(const BoxTruth& truth, const std::filesystem::path& file) {
  BoxReport report = report_on(truth, read_detections(file, truth));
  report.detections = file;
  return report;
}

BoxReport report_on(const BoxTruth& truth, const Detections& detections) {
  BoxReport report;
  report.dataset = truth.name;
  report.form = truth.form;
  report.place = truth.place;
  report.of_other_classes = detections.of_other_classes;
  report.scores = score_boxes(truth, detections.boxes);
  return report;
}

}  // namespace fovea::pipeline
