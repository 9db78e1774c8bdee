// SPDX-License-Identifier: Apache-2.0
#pragma once
// Boxes of known truth and boxes that a detector gave, read from the files people have: COCO's
// JSON, Pascal VOC's XML. Doubles throughout: the figures must be those of the reference.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace fovea::pipeline {

/// Upper left corner and size in pixels, as written in the file.
struct PlainBox {
  double x = 0, y = 0, width = 0, height = 0;
};

/// A coordinate or length beyond it is a mistake in the file, and its square no longer exact.
inline constexpr double kMaxCoordinate = 1e7;

struct TruthBox {
  std::size_t category = 0;  // index into BoxTruth::categories
  PlainBox box;
  double area = 0;      // of the object: COCO's `area`, which may be that of a mask
  bool crowd = false;   // COCO's iscrowd: any number of detections may fall into it
  bool ignore = false;  // crowd, or VOC's `difficult`: finding it is neither right nor wrong
};

struct TruthPicture {
  std::string file_name;           // as the file says
  std::optional<std::int64_t> id;  // COCO's
  std::vector<TruthBox> boxes;
};

struct TruthCategory {
  std::string name;
  std::optional<std::int64_t> id;  // COCO's
};

/// Pictures in the order in which equal scores are told apart: COCO's by id, VOC's by name.
struct BoxTruth {
  std::string name;             // what reports call it
  std::string form;             // "COCO JSON", "VOC XML"
  std::filesystem::path place;  // the file, or the folder of XML files
  std::vector<TruthCategory> categories;
  std::vector<TruthPicture> pictures;
};

struct DetectedBox {
  std::size_t picture = 0, category = 0;  // indices into BoxTruth
  PlainBox box;
  double score = 0;
};

/// Reads a COCO annotation file. Throws ConfigError that names the faulty entry.
BoxTruth read_coco_truth(const std::filesystem::path& file);

/// Where a VOC data set keeps its things: ROOT/Annotations/*.xml, ROOT/JPEGImages,
/// ROOT/ImageSets/Main/<split>.txt; also ROOT/annotations with ROOT/images, or a plain folder of
/// XML files.
struct VocLayout {
  std::filesystem::path root, annotations;
};
/// Nothing where `folder` holds no XML annotations.
std::optional<VocLayout> find_voc(const std::filesystem::path& folder);
/// Reads the XML of every picture, or of those that `split` lists. Coordinates are taken as
/// written. Throws ConfigError that names the file, or the splits there are.
BoxTruth read_voc_truth(const VocLayout& layout, const std::string& split);

struct Detections {
  std::vector<DetectedBox> boxes;      // in the file's order
  std::uint64_t of_other_classes = 0;  // left out: the truth does not have their class
};

/// Reads detections: a list of COCO results, or a map with `annotations`. Pictures and classes
/// are found by name where the file has names (file_name and category_name in each result, or
/// lists of images and categories), else by COCO's numbers. Throws ConfigError that names the
/// faulty entry, or a picture that the truth does not have.
Detections read_detections(const std::filesystem::path& file, const BoxTruth& truth);

}  // namespace fovea::pipeline
