// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/make_key.hpp"

namespace fovea::pipeline {

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
