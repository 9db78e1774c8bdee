// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/make_key.hpp"

namespace fovea::pipeline {

namespace {

/// A precision by name, or auto for none.
Key precision_key() {
  using Precision = compute::ops::Precision;
  std::vector<std::string> words{"auto"};
  words.insert(words.end(), compute::ops::kPrecisionNames.begin(),
               compute::ops::kPrecisionNames.end());
  Key key = plain_key(
      "precision", ValueType::choice,
      "How weights are stored; auto: as small as the file allows with the answers of fp32",
      {.choices = words});
  key.set = [words](void* target, const Value& value) {
    const auto at = std::find(words.begin(), words.end(), std::get<std::string>(value));
    auto& held = static_cast<RunConfig*>(target)->precision;
    held.reset();
    if (at != words.begin()) held = static_cast<Precision>(at - words.begin() - 1);
  };
  key.get = [](const void* target) -> Value {
    return std::string(to_string(static_cast<const RunConfig*>(target)->precision));
  };
  return key;
}

}  // namespace

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
  static const Section section{
      "run",
      "One run: sources through stages into sinks",
      "",
      {
          key("version", ValueType::integer, &RunConfig::version, "Version of this format: 1",
              {.required = true, .min = 1, .max = 1}),
          composite("source", ValueType::source,
                    "A picture, a folder of pictures, \"@list.txt\" or \"-\" for standard input",
                    false),
          composite("sources", ValueType::sources,
                    "Several sources, one after another: a list, or a map of name to source",
                    false),
          composite("stages", ValueType::stages, "What is done to each picture, in this order",
                    true),
          composite("sinks", ValueType::sinks,
                    "Where results go, several at once; left out: a table on the terminal", false),
          key("device", ValueType::text, &RunConfig::device,
              "auto, gpu, cpu, a device's number, or part of its name (see: fovea doctor)"),
          precision_key(),
          key("batch", ValueType::integer, &RunConfig::batch,
              "Pictures in one submission; more cost memory. auto: measured, once a device and "
              "model",
              {.min = 1, .max = 1024, .word_for_0 = "auto"}),
          key("memory", ValueType::score, &RunConfig::memory,
              "Share of the device's memory that batch: auto may fill, as in 80%",
              {.min = 0, .max = 1}),
          key("tune", ValueType::choice, &RunConfig::tune,
              "auto measures kernels for up to 2 s at a model's first use and remembers; off never",
              {.choices = {"auto", "off"}}),
          key("resample_on", ValueType::choice, &RunConfig::resample_on,
              "Where pictures are resized, with the same bits; auto: where it is faster",
              {.choices = {"auto", "host", "device"}}),
          key("decode_threads", ValueType::integer, &RunConfig::decode_threads,
              "Threads that decode pictures; 0 is one a core", {.min = 0, .max = 256}),
          key("decode", ValueType::choice, &RunConfig::decode,
              "exact, or fast: large JPEGs are decoded smaller, which changes pixels and answers",
              {.choices = {"exact", "fast"}}),
          key("truncated", ValueType::choice, &RunConfig::truncated,
              "Pictures whose file ends early: refuse them, or take the part that is there",
              {.choices = {"reject", "accept"}}),
          nested("limits", limits_section(), &RunConfig::limits, limits_section().doc),
          nested("latency", latency_section(), &RunConfig::latency, latency_section().doc),
          nested("batching", batching_section(), &RunConfig::batching, batching_section().doc),
          nested("view", view_section(), &RunConfig::view, view_section().doc),
          key("report_dir", ValueType::path, &RunConfig::report_dir,
              "Folder of errors.jsonl and manifest.json; left out: beside the first sink's file"),
      }};
  return section;
}

}  // namespace fovea::pipeline
