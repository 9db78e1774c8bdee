// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a data set of boxes to figures. Used by the command `eval`.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/eval/box_report.hpp"
#include "pipeline/eval/boxes.hpp"

namespace fovea::pipeline {

/// The truth that `data` holds: a COCO file, or a folder with VOC's XML; of it what `split`
/// lists, where one is named. Nothing where `data` is something else. Throws ConfigError when
/// it is one of the two and cannot be read, or has no such split.
std::optional<BoxTruth> find_box_truth(const std::filesystem::path& data, const std::string& split);

/// Where the pictures of `truth` lie, one each: below `folder`, or where it is empty in the place
/// where such data sets keep them. Throws ConfigError that says where they were looked for.
std::vector<std::filesystem::path> find_pictures(const BoxTruth& truth,
                                                 const std::filesystem::path& folder);

/// Compares the detections in `file` with the truth. Throws what read_detections() throws.
BoxReport evaluate_detections(const BoxTruth& truth, const std::filesystem::path& file);

/// A report on `detections`, without a word on where they come from.
BoxReport report_on(const BoxTruth& truth, const Detections& detections);

}  // namespace fovea::pipeline
