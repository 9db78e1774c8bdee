// SPDX-License-Identifier: Apache-2.0
#pragma once
// The table of everything a configuration may say. The checker, `--emit-yaml`, the JSON
// Schema and the tests all read this table; a key is added here and nowhere else.

#include <functional>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "pipeline/config/run_config.hpp"

namespace fovea::pipeline {

enum class ValueType : std::uint8_t {
  text,
  path,
  integer,
  real,   // any decimal number
  score,  // 0..1, or 60%
  boolean,
  count,     // 250M
  bytes,     // 64MiB, 1GB
  duration,  // 150ms, 1.5s, 2m; whole milliseconds
  choice,    // one word of Key::choices
  word,      // one of Key::choices, or a whole number from 0 to Key::max; held as a text
  texts,     // a list of texts, or one text; each one of Key::choices where there are any
  point,     // [x, y]; no point where Key::word_for_0 is written
  points,    // a list of [x, y], Key::min to Key::max of them
  section,   // a map of Key::section
  sections,  // a list of such maps, Key::min to Key::max of them
  source,    // the composite keys of the root
  sources,
  stages,
  sinks,
};

/// What a key holds once its type is known. Choices are texts, durations milliseconds, a
/// point one of Points.
using Value =
    std::variant<std::string, std::int64_t, double, bool, std::vector<std::string>, Points>;

struct Section;

struct Key {
  std::string name;
  ValueType type = ValueType::text;
  std::string doc;  // one line, as editors show it
  bool required = false;
  double min = 0, max = std::numeric_limits<double>::max();
  std::vector<std::string> choices;
  std::string word_for_0;  // may be written instead of 0, of no duration or point; empty: none
  /// Into and out of the struct that the section describes.
  std::function<void(void*, const Value&)> set;
  std::function<Value(const void*)> get;
  /// ValueType::section and sections only: the keys inside, and how to reach their structs.
  const Section* section = nullptr;
  bool off_by_default = false;                                // left out, there is no struct
  std::function<void*(void*)> add;                            // a struct to read into
  std::function<std::vector<const void*>(const void*)> held;  // the structs that are there
  std::function<const void*(const void*)> defaults;           // from those of the outer struct
  std::function<void(void*, Place)> set_place;                // empty where a struct has no place
};

/// The keys of one map.
struct Section {
  std::string name;  // "classify"
  std::string doc;
  /// `classify: NAME` stands for `classify: {model: NAME}`; empty where there is no short form.
  std::string main_key;
  std::vector<Key> keys;

  const Key* find(std::string_view name) const;
};

/// A stage as the chain sees it: what must be there before it, what is there after it.
struct StageKind {
  Section section;
  StageConfig (*make)() = nullptr;
  std::vector<std::string> needs, gives;  // a need may be "a or b"
};

struct SinkForm {
  Section section;
  SinkKind (*make)() = nullptr;
  std::vector<std::string> needs;  // each a thing, or several of which one will do: "a or b"
};

const Section& run_section();
const Section& source_section();
const Section& limits_section();
const Section& latency_section();
const Section& batching_section();
const Section& reconnect_section();
const Section& view_section();
/// In the order of StageConfig's and SinkKind's alternatives.
const std::vector<StageKind>& stage_kinds();
const std::vector<SinkForm>& sink_forms();
/// The stage's kind as the chain sees it: a classifier of crops reads what a detector made, and
/// what it makes belongs to the objects.
StageKind kind_of(const StageConfig& stage);
/// Every section above and those inside them, for tests, the schema and hints. Each has its own
/// name.
std::vector<const Section*> all_sections();

/// The struct inside the variant, for Key::set and Key::get.
void* target_of(StageConfig& stage);
void* target_of(SinkKind& sink);
const void* target_of(const StageConfig& stage);
const void* target_of(const SinkKind& sink);

}  // namespace fovea::pipeline
