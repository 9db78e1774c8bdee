// SPDX-License-Identifier: Apache-2.0
#pragma once
// How well detections agree with the truth, in the figures of the COCO challenge. The definition
// is the reference implementation, pycocotools' COCOeval for boxes, whose figures these are to
// the last digits (tests/unit/eval). Lin et al. (2014), "Microsoft COCO", arXiv:1405.0312.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/eval/boxes.hpp"

namespace fovea::pipeline {

/// Overlaps (intersection over union) that a detection must reach: 0.50, 0.55 ... 0.95.
inline constexpr int kOverlaps = 10;
/// Recalls at which precision is read: 0.00, 0.01 ... 1.00.
inline constexpr int kRecalls = 101;
/// Objects by area: all, below 32 x 32 pixels, up to 96 x 96, above.
enum class Size : std::uint8_t { all, small, medium, large };
inline constexpr int kSizes = 4;

/// The figures of one class, or the means over all classes. NaN where there is no such object.
struct BoxFigures {
  std::array<double, kSizes> ap{};  // mean over the overlaps, by Size
  double ap50 = 0, ap75 = 0;        // at overlap 0.50 and 0.75, all sizes
  std::array<double, kSizes> ar{};  // recall with 100 detections a picture, by Size
  double ar1 = 0, ar10 = 0;         // with 1 and 10, all sizes
};

struct ClassFigures {
  std::string name;
  std::uint64_t objects = 0;     // of this class in the truth; those to be ignored left out
  std::uint64_t detections = 0;  // of this class
  BoxFigures figures;
  /// Best precision at kRecalls recalls or more, overlap 0.50 and 0.75. Empty without objects.
  std::vector<double> curve50, curve75;
};

struct BoxScores {
  std::uint64_t pictures = 0, objects = 0, detections = 0;
  BoxFigures mean;
  std::vector<ClassFigures> classes;     // in the order of the truth's categories
  std::vector<double> curve50, curve75;  // means over the classes that have objects
};

/// At most 100 detections of a class count in one picture, the best.
BoxScores score_boxes(const BoxTruth& truth, const std::vector<DetectedBox>& detections);

}  // namespace fovea::pipeline
