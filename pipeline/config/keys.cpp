// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/keys.hpp"

#include <algorithm>
#include <type_traits>

namespace fovea::pipeline {
namespace {

template <class T>
constexpr bool kIsPath = std::is_same_v<T, std::filesystem::path>;

/// The constraints of a key, given by name where it is declared.
struct Limits {
  bool required = false;
  double min = 0, max = std::numeric_limits<double>::max();
  std::vector<std::string> choices = {};
  std::string word_for_0 = {};
};

template <class S, class M>
Key key(std::string name, ValueType type, M S::*member, std::string doc, Limits limits = {}) {
  Key result;
  result.name = std::move(name);
  result.type = type;
  result.doc = std::move(doc);
  result.required = limits.required;
  result.min = limits.min;
  result.max = limits.max;
  result.choices = limits.choices;
  result.word_for_0 = limits.word_for_0;
  if constexpr (std::is_enum_v<M>) {
    // The enumerators stand in the order of the choices.
    result.set = [member, choices = limits.choices](void* target, const Value& value) {
      const auto found = std::find(choices.begin(), choices.end(), std::get<std::string>(value));
      static_cast<S*>(target)->*member = static_cast<M>(found - choices.begin());
    };
    result.get = [member, choices = limits.choices](const void* target) -> Value {
      return choices[static_cast<std::size_t>(static_cast<const S*>(target)->*member)];
    };
  } else {
    using Held = std::conditional_t<
        kIsPath<M>, std::string,
        std::conditional_t<std::is_integral_v<M> && !std::is_same_v<M, bool>, std::int64_t, M>>;
    result.set = [member](void* target, const Value& value) {
      static_cast<S*>(target)->*member = static_cast<M>(std::get<Held>(value));
    };
    result.get = [member](const void* target) -> Value {
      const M& held = static_cast<const S*>(target)->*member;
      if constexpr (kIsPath<M>) {
        return held.string();
      } else {
        return static_cast<Held>(held);
      }
    };
  }
  return result;
}

Key composite(std::string name, ValueType type, std::string doc, bool required) {
  Key result;
  result.name = std::move(name);
  result.type = type;
  result.doc = std::move(doc);
  result.required = required;
  return result;
}

/// `path`, `list` and `stdin` share two members: which kind, and where.
Key source_key(std::string name, ValueType type, SourceKind kind, std::string doc) {
  Key result = composite(std::move(name), type, std::move(doc), false);
  result.set = [kind](void* target, const Value& value) {
    auto& source = *static_cast<SourceConfig*>(target);
    if (kind == SourceKind::stdin_paths) {
      if (std::get<bool>(value)) source.kind = kind;
      return;
    }
    source.kind = kind;
    source.path = std::get<std::string>(value);
  };
  result.get = [kind](const void* target) -> Value {
    const auto& source = *static_cast<const SourceConfig*>(target);
    if (kind == SourceKind::stdin_paths) return source.kind == kind;
    return source.kind == kind ? source.path.string() : std::string();
  };
  return result;
}

const char* const kAnyOrder = "globs on the path below the folder, as in '**/*.jpg'";

}  // namespace

const Key* Section::find(std::string_view key_name) const {
  for (const Key& candidate : keys) {
    if (candidate.name == key_name) return &candidate;
  }
  return nullptr;
}

const Section& limits_section() {
  static const Section section{
      "limits",
      "Pictures beyond these are refused, each with its reason in errors.jsonl",
      "",
      {key("max_pixels", ValueType::count, &LimitsConfig::max_pixels,
           "Most pixels a picture may have, as in 250M", {.min = 1, .max = 1e12}),
       key("max_bytes", ValueType::bytes, &LimitsConfig::max_bytes,
           "Most bytes a file may have, as in 64MiB or 1GB", {.min = 1, .max = 1e12})}};
  return section;
}

const Section& run_section() {
  static const Section section = [] {
    Section run{"run", "One run: sources through stages into sinks", "", {}};
    run.keys = {
        key("version", ValueType::integer, &RunConfig::version, "Version of this format: 1",
            {.required = true, .min = 1, .max = 1}),
        composite("source", ValueType::source,
                  "A picture, a folder of pictures, \"@list.txt\" or \"-\" for standard input",
                  false),
        composite("sources", ValueType::sources,
                  "Several sources, one after another: a list, or a map of name to source", false),
        composite("stages", ValueType::stages, "What is done to each picture, in this order", true),
        composite("sinks", ValueType::sinks,
                  "Where results go, several at once; left out: a table on the terminal", false),
        key("device", ValueType::text, &RunConfig::device,
            "auto, gpu, cpu, a device's number, or part of its name (see: fovea doctor)"),
        key("precision", ValueType::choice, &RunConfig::precision,
            "How weights are stored: int8 with one scale per output of a layer",
            {.choices = {compute::ops::kPrecisionNames.begin(),
                         compute::ops::kPrecisionNames.end()}}),
        key("batch", ValueType::integer, &RunConfig::batch,
            "Pictures in one submission; more cost memory. auto: measured, once a device and model",
            {.min = 1, .max = 1024, .word_for_0 = "auto"}),
        key("memory", ValueType::score, &RunConfig::memory,
            "Share of the device's memory that batch: auto may fill, as in 80%",
            {.min = 0, .max = 1}),
        key("tune", ValueType::choice, &RunConfig::tune,
            "auto measures kernels for up to 2 s at a model's first use and remembers; off never",
            {.choices = {"auto", "off"}}),
        key("decode_threads", ValueType::integer, &RunConfig::decode_threads,
            "Threads that decode pictures; 0 is one a core", {.min = 0, .max = 256}),
        key("decode", ValueType::choice, &RunConfig::decode,
            "exact, or fast: large JPEGs are decoded smaller, which changes pixels and answers",
            {.choices = {"exact", "fast"}}),
        key("truncated", ValueType::choice, &RunConfig::truncated,
            "Pictures whose file ends early: refuse them, or take the part that is there",
            {.choices = {"reject", "accept"}}),
        composite("limits", ValueType::section, limits_section().doc, false),
        key("report_dir", ValueType::path, &RunConfig::report_dir,
            "Folder of errors.jsonl and manifest.json; left out: beside the first sink's file"),
    };
    Key& limits = *std::find_if(run.keys.begin(), run.keys.end(),
                                [](const Key& entry) { return entry.name == "limits"; });
    limits.section = &limits_section();
    limits.inside = [](void* target) -> void* { return &static_cast<RunConfig*>(target)->limits; };
    return run;
  }();
  return section;
}

const Section& source_section() {
  static const Section section{
      "source",
      "Where pictures come from",
      "path",
      {source_key("path", ValueType::path, SourceKind::path, "A picture or a folder of pictures"),
       source_key("list", ValueType::path, SourceKind::list, "A text file with one path a line"),
       source_key("stdin", ValueType::boolean, SourceKind::stdin_paths,
                  "Read one path a line, or one picture, from standard input"),
       key("recursive", ValueType::boolean, &SourceConfig::recursive,
           "Also the folders inside the folder"),
       key("follow_links", ValueType::boolean, &SourceConfig::follow_links,
           "Also folders behind symbolic links"),
       key("include", ValueType::texts, &SourceConfig::include,
           std::string("Only these files: ") + kAnyOrder),
       key("exclude", ValueType::texts, &SourceConfig::exclude,
           std::string("Never these files: ") + kAnyOrder)}};
  return section;
}

const std::vector<StageKind>& stage_kinds() {
  static const std::vector<StageKind> kinds{
      {{"classify",
        "Names what is in the picture",
        "model",
        {key("model", ValueType::text, &ClassifyConfig::model,
             "A model folder, a built-in name, or org/name[@revision] (see: fovea models list)",
             {.required = true}),
         key("top", ValueType::integer, &ClassifyConfig::top, "Labels kept per picture, best first",
             {.min = 1, .max = 1000}),
         key("resample", ValueType::choice, &ClassifyConfig::resample,
             "Resampling filter instead of the checkpoint's own; cv_linear is OpenCV's",
             {.choices = {"nearest", "lanczos", "bilinear", "bicubic", "box", "hamming",
                          "cv_linear"}})}},
       [] { return StageConfig(ClassifyConfig{}); },
       {"image"},
       {"labels"}},
      {{"filter",
        "Lets a picture pass only if its best label fits",
        "",
        {key("labels", ValueType::texts, &FilterConfig::labels,
             "Names that may pass; left out: any"),
         key("min_score", ValueType::score, &FilterConfig::min_score,
             "Smallest score that may pass: 0 to 1, or a percentage", {.min = 0, .max = 1})}},
       [] { return StageConfig(FilterConfig{}); },
       {"labels"},
       {}}};
  return kinds;
}

const std::vector<SinkForm>& sink_forms() {
  static const std::vector<SinkForm> forms{
      {{"jsonl",
        "One JSON record a line",
        "path",
        {key("path", ValueType::path, &JsonlConfig::path, "File to write", {.required = true})}},
       [] { return SinkKind(JsonlConfig{}); },
       {}},
      {{"csv",
        "One row a picture, for spreadsheets",
        "path",
        {key("path", ValueType::path, &CsvConfig::path, "File to write", {.required = true}),
         key("top", ValueType::integer, &CsvConfig::top, "Labels a row, best first",
             {.min = 1, .max = 1000})}},
       [] { return SinkKind(CsvConfig{}); },
       {"labels"}},
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

std::vector<const Section*> all_sections() {
  std::vector<const Section*> sections{&run_section(), &source_section(), &limits_section()};
  for (const StageKind& kind : stage_kinds()) sections.push_back(&kind.section);
  for (const SinkForm& form : sink_forms()) sections.push_back(&form.section);
  return sections;
}

void* target_of(StageConfig& stage) {
  return std::visit([](auto& held) -> void* { return &held; }, stage);
}
void* target_of(SinkKind& sink) {
  return std::visit([](auto& held) -> void* { return &held; }, sink);
}
const void* target_of(const StageConfig& stage) {
  return std::visit([](const auto& held) -> const void* { return &held; }, stage);
}
const void* target_of(const SinkKind& sink) {
  return std::visit([](const auto& held) -> const void* { return &held; }, sink);
}

}  // namespace fovea::pipeline
