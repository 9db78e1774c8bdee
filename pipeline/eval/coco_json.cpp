// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/eval/boxes.hpp"
#include "pipeline/sinks/json.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace fs = std::filesystem;
namespace {

constexpr double kExact = 9007199254740992.0;  // 2^53: whole numbers are exact below it

/// One entry of a list in the file, for messages: "annotations[12]".
class Entry {
 public:
  Entry(const fs::path& file, const std::string& list, std::size_t index, const Json& json)
      : file_(file), name_(fmt::format("{}[{}]", list, index)), json_(json) {
    if (!json.is_object()) fail("is no map of keys and values");
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw ConfigError(name_ + " " + what, printable(file_.string()),
                      "compare it with the COCO format: https://cocodataset.org/#format-data");
  }
  bool has(const char* key) const { return json_.contains(key); }
  std::string text(const char* key) const {
    const Json& value = at(key);
    if (!value.is_string()) fail(fmt::format("has a '{}' that is no text", key));
    return value.get<std::string>();
  }
  double number(const char* key) const { return number_of(at(key), key); }
  std::int64_t whole(const char* key) const {
    const double value = number(key);
    if (value != std::floor(value) || std::abs(value) > kExact) {
      fail(fmt::format("has a '{}' that is no whole number", key));
    }
    return static_cast<std::int64_t>(value);
  }
  bool flag(const char* key) const {
    if (!has(key)) return false;
    const Json& value = json_.at(key);
    return value.is_boolean() ? value.get<bool>() : number_of(value, key) != 0;
  }
  PlainBox box() const {
    const Json& list = at("bbox");
    if (!list.is_array() || list.size() != 4) fail("has a 'bbox' that is no list of 4 numbers");
    const PlainBox box{number_of(list[0], "bbox"), number_of(list[1], "bbox"),
                       number_of(list[2], "bbox"), number_of(list[3], "bbox")};
    if (box.width < 0 || box.height < 0) fail("has a 'bbox' of negative size");
    for (const double value : {box.x, box.y, box.width, box.height}) {
      if (std::abs(value) > kMaxCoordinate) fail("has a 'bbox' larger than any picture");
    }
    return box;
  }

 private:
  const Json& at(const char* key) const {
    if (!has(key)) fail(fmt::format("has no '{}'", key));
    return json_.at(key);
  }
  double number_of(const Json& value, const char* key) const {
    if (!value.is_number()) fail(fmt::format("has a '{}' that is no number", key));
    const double number = value.get<double>();
    if (!std::isfinite(number)) fail(fmt::format("has a '{}' that is not finite", key));
    return number;
  }

  const fs::path& file_;
  std::string name_;
  const Json& json_;
};

Json read_json(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || fs::is_directory(file)) {
    throw ConfigError("the file cannot be read", printable(file.string()),
                      "check the path and its permissions");
  }
  Json json = Json::parse(stream, nullptr, false);
  if (json.is_discarded()) {
    throw ConfigError("the file is not whole JSON", printable(file.string()),
                      "write it again, or fetch it again");
  }
  return json;
}

/// Calls `take` with each entry of the list `name` of the file's map.
template <class Take>
void for_each(const Json& root, const fs::path& file, const std::string& name, Take take) {
  const auto found = root.find(name);
  if (found == root.end() || !found->is_array()) {
    throw ConfigError(fmt::format("the file has no list '{}'", name), printable(file.string()),
                      "give a COCO file with images, annotations and categories");
  }
  for (std::size_t i = 0; i < found->size(); ++i) take(Entry(file, name, i, (*found)[i]));
}

/// Finds the truth's pictures and classes by what a detections file calls them.
class Finder {
 public:
  explicit Finder(const BoxTruth& truth) {
    std::map<std::string, int> same_base;
    for (const TruthPicture& picture : truth.pictures) ++same_base[base(picture.file_name)];
    for (std::size_t i = 0; i < truth.pictures.size(); ++i) {
      const TruthPicture& picture = truth.pictures[i];
      picture_names_.emplace(picture.file_name, i);
      if (same_base[base(picture.file_name)] == 1) bases_.emplace(base(picture.file_name), i);
      if (picture.id) picture_ids_.emplace(*picture.id, i);
    }
    for (std::size_t i = 0; i < truth.categories.size(); ++i) {
      category_names_.emplace(truth.categories[i].name, i);
      if (truth.categories[i].id) category_ids_.emplace(*truth.categories[i].id, i);
    }
  }

  /// Also where only one of the two has folders before the name.
  std::optional<std::size_t> picture(const std::string& name) const {
    if (const auto exact = find(picture_names_, name)) return exact;
    return find(bases_, base(name));
  }
  std::optional<std::size_t> picture(std::int64_t id) const { return find(picture_ids_, id); }
  std::optional<std::size_t> category(const std::string& name) const {
    return find(category_names_, name);
  }
  std::optional<std::size_t> category(std::int64_t id) const { return find(category_ids_, id); }
  bool has_numbers() const { return !picture_ids_.empty() && !category_ids_.empty(); }

 private:
  static std::string base(const std::string& name) { return fs::path(name).filename().string(); }
  template <class Map, class K>
  static std::optional<std::size_t> find(const Map& map, const K& key) {
    const auto at = map.find(key);
    return at == map.end() ? std::nullopt : std::optional(at->second);
  }

  std::map<std::string, std::size_t> picture_names_, bases_, category_names_;
  std::map<std::int64_t, std::size_t> picture_ids_, category_ids_;
};

/// A detections file's own lists of names by number; empty where it has none.
std::map<std::int64_t, std::string> names_by_id(const Json& root, const fs::path& file,
                                                const char* list, const char* key) {
  std::map<std::int64_t, std::string> names;
  if (!root.is_object() || !root.contains(list)) return names;
  for_each(root, file, list,
           [&](const Entry& entry) { names[entry.whole("id")] = entry.text(key); });
  return names;
}

}  // namespace

BoxTruth read_coco_truth(const fs::path& file) {
  const Json root = read_json(file);
  if (!root.is_object()) {
    throw ConfigError("the file is a list, as results are, and not a COCO annotation file",
                      printable(file.string()),
                      "give the annotations here, and results with --detections");
  }
  BoxTruth truth;
  truth.name = file.stem().string();
  truth.form = "COCO JSON";
  truth.place = file;
  std::map<std::int64_t, std::size_t> categories, pictures;
  for_each(root, file, "categories", [&](const Entry& entry) {
    const std::int64_t id = entry.whole("id");
    if (!categories.emplace(id, truth.categories.size()).second) entry.fail("repeats an id");
    truth.categories.push_back({entry.text("name"), id});
  });
  for_each(root, file, "images", [&](const Entry& entry) {
    truth.pictures.push_back({entry.text("file_name"), entry.whole("id"), {}});
  });
  std::ranges::stable_sort(truth.pictures, {}, &TruthPicture::id);
  for (std::size_t i = 0; i < truth.pictures.size(); ++i) {
    if (!pictures.emplace(*truth.pictures[i].id, i).second) {
      throw ConfigError(fmt::format("two images have the id {}", *truth.pictures[i].id),
                        printable(file.string()), "give each image its own id");
    }
  }
  for_each(root, file, "annotations", [&](const Entry& entry) {
    const auto picture = pictures.find(entry.whole("image_id"));
    if (picture == pictures.end()) entry.fail("names an image_id that 'images' does not have");
    const auto category = categories.find(entry.whole("category_id"));
    if (category == categories.end()) {
      entry.fail("names a category_id that 'categories' does not have");
    }
    TruthBox box;
    box.category = category->second;
    box.box = entry.box();
    box.area = entry.has("area") ? entry.number("area") : box.box.width * box.box.height;
    box.crowd = box.ignore = entry.flag("iscrowd");
    truth.pictures[picture->second].boxes.push_back(box);
  });
  return truth;
}

Detections read_detections(const fs::path& file, const BoxTruth& truth) {
  const Json root = read_json(file);
  const auto picture_names = names_by_id(root, file, "images", "file_name");
  const auto category_names = names_by_id(root, file, "categories", "name");
  const Json* list = &root;
  if (root.is_object()) {
    if (!root.contains("annotations")) {
      throw ConfigError("the file has no list 'annotations'", printable(file.string()),
                        "give COCO results: a list with image_id, category_id, bbox and score");
    }
    list = &root.at("annotations");
  }
  if (!list->is_array()) {
    throw ConfigError("the detections are no list", printable(file.string()),
                      "give COCO results: a list with image_id, category_id, bbox and score");
  }
  const Finder finder(truth);
  const auto need_numbers = [&](const Entry& entry, const char* key) {
    if (finder.has_numbers()) return;
    entry.fail(
        fmt::format("says nothing but a number, and {} has names only; add '{}'", truth.form, key));
  };
  Detections detections;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Entry entry(file, root.is_object() ? "annotations" : "results", i, (*list)[i]);
    DetectedBox box;
    box.box = entry.box();
    box.score = entry.number("score");

    std::optional<std::size_t> picture;
    std::string called;
    if (entry.has("file_name") || !picture_names.empty()) {
      if (entry.has("file_name")) {
        called = entry.text("file_name");
      } else if (const auto at = picture_names.find(entry.whole("image_id"));
                 at != picture_names.end()) {
        called = at->second;
      } else {
        entry.fail("names an image_id that 'images' does not have");
      }
      picture = finder.picture(called);
    } else {
      need_numbers(entry, "file_name");
      called = fmt::format("with the id {}", entry.whole("image_id"));
      picture = finder.picture(entry.whole("image_id"));
    }
    if (!picture) {
      entry.fail(fmt::format("is of a picture that the truth does not have: {}", called));
    }
    box.picture = *picture;

    std::optional<std::size_t> category;
    if (entry.has("category_name")) {
      category = finder.category(entry.text("category_name"));
    } else if (!category_names.empty()) {
      const auto at = category_names.find(entry.whole("category_id"));
      if (at == category_names.end()) {
        entry.fail("names a category_id that 'categories' does not have");
      }
      category = finder.category(at->second);
    } else {
      need_numbers(entry, "category_name");
      category = finder.category(entry.whole("category_id"));
    }
    if (!category) {
      ++detections.of_other_classes;
      continue;
    }
    box.category = *category;
    detections.boxes.push_back(box);
  }
  return detections;
}

}  // namespace fovea::pipeline
