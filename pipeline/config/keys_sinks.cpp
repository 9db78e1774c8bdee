// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/make_key.hpp"

namespace fovea::pipeline {
namespace {

/// How a sink writes pictures: the keys of ImagesConfig and CropsConfig alike.
template <class Config>
std::vector<Key> with_picture_keys(std::vector<Key> keys) {
  keys.push_back(key("format", ValueType::choice, &Config::format,
                     "jpg is small, png keeps every pixel", {.choices = {"jpg", "png"}}));
  keys.push_back(key("quality", ValueType::integer, &Config::quality,
                     "Of jpg: larger looks better and costs disk", {.min = 1, .max = 100}));
  return keys;
}

}  // namespace

const std::vector<SinkForm>& sink_forms() {
  static const std::vector<SinkForm> forms{
      {{"jsonl",
        "One JSON record a line",
        "path",
        {key("path", ValueType::path, &JsonlConfig::path, "File to write", {.required = true})}},
       [] { return SinkKind(JsonlConfig{}); },
       {}},
      {{"csv",
        "One row a picture, or a row an object, for spreadsheets",
        "path",
        {key("path", ValueType::path, &CsvConfig::path, "File to write", {.required = true}),
         key("top", ValueType::integer, &CsvConfig::top, "Labels a row, best first",
             {.min = 1, .max = 1000})}},
       [] { return SinkKind(CsvConfig{}); },
       {"labels or objects"}},
      {{"html",
        "A page with thumbnails, counts per class, scores and failures",
        "path",
        {key("path", ValueType::path, &HtmlConfig::path, "File to write", {.required = true}),
         key("max_thumbnails", ValueType::integer, &HtmlConfig::max_thumbnails,
             "Pictures shown; the rest is counted. More make the page heavy",
             {.min = 0, .max = 100'000})}},
       [] { return SinkKind(HtmlConfig{}); },
       {}},
      {{"sort",
        "Puts each picture into a folder named after its best label",
        "dir",
        {key("dir", ValueType::path, &SortConfig::dir, "Folder that gets the class folders",
             {.required = true}),
         key("mode", ValueType::choice, &SortConfig::mode,
             "link leaves the pictures where they are, copy doubles them, move takes them away",
             {.choices = {"link", "copy", "move"}}),
         key("min_score", ValueType::score, &SortConfig::min_score,
             "Below this score a picture goes to the folder _unsure", {.min = 0, .max = 1})}},
       [] { return SinkKind(SortConfig{}); },
       {"labels"}},
      {{"coco",
        "Objects as COCO results, for pycocotools and annotation tools",
        "path",
        {key("path", ValueType::path, &CocoConfig::path, "File to write", {.required = true}),
         key("image_id", ValueType::choice, &CocoConfig::image_id,
             "index counts pictures from 1; stem takes the number that is the file's name",
             {.choices = {"index", "stem"}})}},
       [] { return SinkKind(CocoConfig{}); },
       {"objects"}},
      {{"images", "A copy of each picture with what was found drawn onto it", "dir",
        with_picture_keys<ImagesConfig>({key("dir", ValueType::path, &ImagesConfig::dir,
                                             "Folder that gets the copies", {.required = true})})},
       [] { return SinkKind(ImagesConfig{}); },
       {"objects"}},
      {{"crops", "The part of the picture that shows one object, for each object", "dir",
        with_picture_keys<CropsConfig>(
            {key("dir", ValueType::path, &CropsConfig::dir, "Folder that gets the crops",
                 {.required = true}),
             key("by", ValueType::choice, &CropsConfig::by,
                 "label: a folder for each class; none: all in one folder",
                 {.choices = {"label", "none"}}),
             key("pad", ValueType::score, &CropsConfig::pad,
                 "Added on each side, as a share of the object's width and height",
                 {.min = 0, .max = 10})})},
       [] { return SinkKind(CropsConfig{}); },
       {"objects"}},
      {{"table",
        "A table on the terminal",
        "",
        {key("max_rows", ValueType::integer, &TableConfig::max_rows,
             "Rows printed before only the count goes on", {.min = 0, .max = 1'000'000'000})}},
       [] { return SinkKind(TableConfig{}); },
       {}}};
  return forms;
}

}  // namespace fovea::pipeline
