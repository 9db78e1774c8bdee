// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/keys.hpp"

#include <algorithm>

namespace fovea::pipeline {
namespace {

/// `section` and every section inside it, each once.
void add_with_nested(std::vector<const Section*>& sections, const Section& section) {
  if (std::find(sections.begin(), sections.end(), &section) != sections.end()) return;
  sections.push_back(&section);
  for (const Key& key : section.keys) {
    if (key.section != nullptr) add_with_nested(sections, *key.section);
  }
}

}  // namespace

const Key* Section::find(std::string_view key_name) const {
  for (const Key& candidate : keys) {
    if (candidate.name == key_name) return &candidate;
  }
  return nullptr;
}

std::vector<const Section*> all_sections() {
  std::vector<const Section*> sections;
  add_with_nested(sections, run_section());
  add_with_nested(sections, source_section());
  for (const StageKind& kind : stage_kinds()) add_with_nested(sections, kind.section);
  for (const SinkForm& form : sink_forms()) add_with_nested(sections, form.section);
  return sections;
}

StageKind kind_of(const StageConfig& stage) {
  StageKind kind = stage_kinds()[stage.index()];
  const auto* quality = std::get_if<QualityConfig>(&stage);
  if (quality != nullptr && quality->on_fail == OnFail::alarm) kind.gives.push_back("events");
  const auto* classify = std::get_if<ClassifyConfig>(&stage);
  if (classify == nullptr || classify->on == ClassifyOn::image) return kind;
  kind.needs = {"image", "objects"};
  kind.gives = {};
  return kind;
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
