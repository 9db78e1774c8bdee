// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "compute/error.hpp"
#include "pipeline/config/units.hpp"
#include "pipeline/eval/boxes.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t kMaxXmlBytes = 16 << 20;  // a picture of 50,000 objects
const char* const kFormat =
    "write it as Pascal VOC does: annotation, object, name, bndbox, xmin, ymin, xmax, ymax";

bool holds_xml(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".xml") return true;
  }
  return false;
}

std::string trimmed(std::string text) {
  const char* const blank = " \t\r\n";
  text.erase(0, text.find_first_not_of(blank));
  text.erase(text.find_last_not_of(blank) + 1);
  return text;
}

double coordinate(const pugi::xml_node& box, const char* name, const fs::path& file) {
  const std::string text = trimmed(box.child_value(name));
  const std::optional<double> number = parse_number(text);
  if (number && std::abs(*number) <= kMaxCoordinate) return *number;
  throw ConfigError(text.empty() ? fmt::format("an object has no '{}'", name)
                                 : fmt::format("'{}' is '{}', which is no coordinate", name, text),
                    printable(file.string()), kFormat);
}

struct NamedBox {
  std::string name;
  TruthBox box;
};

struct Annotation {
  std::string file_name;
  std::vector<NamedBox> boxes;
};

Annotation read_annotation(const fs::path& file) {
  std::error_code error;
  if (fs::file_size(file, error) > kMaxXmlBytes && !error) {
    throw ConfigError("the annotation is larger than 16 MiB", printable(file.string()),
                      "give one XML file for each picture");
  }
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_file(file.c_str());
  if (!parsed) {
    throw ConfigError(
        fmt::format("the annotation is no XML: {} at byte {}", parsed.description(), parsed.offset),
        printable(file.string()), kFormat);
  }
  const pugi::xml_node root = document.child("annotation");
  if (!root) {
    throw ConfigError("the XML has no 'annotation'", printable(file.string()), kFormat);
  }
  Annotation annotation;
  annotation.file_name = trimmed(root.child_value("filename"));
  // Files are renamed more often than what is written in them.
  if (fs::path(annotation.file_name).stem() != file.stem()) {
    annotation.file_name = file.stem().string() + ".jpg";
  }
  for (const pugi::xml_node& object : root.children("object")) {
    NamedBox named;
    named.name = trimmed(object.child_value("name"));
    if (named.name.empty()) {
      throw ConfigError("an object has no 'name'", printable(file.string()), kFormat);
    }
    const pugi::xml_node box = object.child("bndbox");
    const double x1 = coordinate(box, "xmin", file), y1 = coordinate(box, "ymin", file);
    const double x2 = coordinate(box, "xmax", file), y2 = coordinate(box, "ymax", file);
    if (x2 < x1 || y2 < y1) {
      throw ConfigError(fmt::format("the box {} {} {} {} ends before it begins", x1, y1, x2, y2),
                        printable(file.string()), kFormat);
    }
    named.box.box = {x1, y1, x2 - x1, y2 - y1};
    named.box.area = named.box.box.width * named.box.box.height;
    named.box.ignore = trimmed(object.child_value("difficult")) == "1";
    annotation.boxes.push_back(std::move(named));
  }
  return annotation;
}

std::vector<std::string> stems_of_split(const VocLayout& layout, const std::string& split) {
  const fs::path sets = layout.root / "ImageSets/Main";
  std::ifstream stream(sets / (split + ".txt"));
  if (split.find('/') != std::string::npos || !stream) {
    std::set<std::string> there;
    std::error_code error;
    for (fs::directory_iterator entry(sets, error), end; !error && entry != end;
         entry.increment(error)) {
      if (entry->path().extension() == ".txt") there.insert(entry->path().stem().string());
    }
    std::string list;
    for (const std::string& name : there) list += (list.empty() ? "" : ", ") + name;
    throw ConfigError(fmt::format("there is no split '{}'", printable(split)),
                      printable(sets.string()),
                      list.empty() ? "leave --split out: this data set has none"
                                   : "use one of: " + printable(list));
  }
  std::vector<std::string> stems;
  for (std::string line; std::getline(stream, line);) {
    line = trimmed(line);
    if (!line.empty()) stems.push_back(line.substr(0, line.find_first_of(" \t")));
  }
  return stems;
}

std::vector<std::string> all_stems(const fs::path& annotations) {
  std::vector<std::string> stems;
  for (const fs::directory_entry& entry : fs::directory_iterator(annotations)) {
    if (entry.path().extension() == ".xml") stems.push_back(entry.path().stem().string());
  }
  return stems;
}

}  // namespace

std::optional<VocLayout> find_voc(const fs::path& folder) {
  for (const char* name : {"Annotations", "annotations"}) {
    if (holds_xml(folder / name)) return VocLayout{folder, folder / name};
  }
  if (!holds_xml(folder)) return std::nullopt;
  const fs::path above = folder.lexically_normal().parent_path();
  return VocLayout{above.empty() ? fs::path(".") : above, folder};
}

BoxTruth read_voc_truth(const VocLayout& layout, const std::string& split) {
  BoxTruth truth;
  truth.name = fs::absolute(layout.root).lexically_normal().filename().string();
  if (truth.name.empty()) truth.name = layout.annotations.filename().string();
  if (!split.empty()) truth.name += ", " + split;
  truth.form = "VOC XML";
  truth.place = layout.annotations;
  std::vector<std::string> stems =
      split.empty() ? all_stems(layout.annotations) : stems_of_split(layout, split);
  std::ranges::sort(stems);
  const auto repeated = std::ranges::adjacent_find(stems);
  if (repeated != stems.end()) {
    throw ConfigError(fmt::format("the split lists '{}' twice", printable(*repeated)),
                      printable(layout.root.string()), "list each picture once");
  }
  std::vector<Annotation> annotations;
  std::map<std::string, std::size_t> names;
  for (const std::string& stem : stems) {
    annotations.push_back(read_annotation(layout.annotations / (stem + ".xml")));
    for (const NamedBox& named : annotations.back().boxes) names.emplace(named.name, 0);
  }
  for (auto& [name, index] : names) {
    index = truth.categories.size();
    truth.categories.push_back({name, std::nullopt});
  }
  for (Annotation& annotation : annotations) {
    TruthPicture picture{annotation.file_name, std::nullopt, {}};
    for (NamedBox& named : annotation.boxes) {
      named.box.category = names.at(named.name);
      picture.boxes.push_back(named.box);
    }
    truth.pictures.push_back(std::move(picture));
  }
  return truth;
}

}  // namespace fovea::pipeline
