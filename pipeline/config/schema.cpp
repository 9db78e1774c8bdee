// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/config.hpp"
#include "pipeline/config/json_text.hpp"
#include "pipeline/config/keys.hpp"

namespace fovea::pipeline {
namespace {

/// A value that the environment fills in is a text until fovea reads it.
const char* const kVariable = R"(\$\{)";

std::string reference(const std::string& name) { return "#/$defs/" + name; }

void write_reference(JsonText& json, const std::string& name) {
  json.begin_object().member("$ref", reference(name)).end_object();
}

void write_pattern(JsonText& json, const std::string& pattern) {
  json.begin_object().member("type", "string").member("pattern", pattern).end_object();
}

void write_number(JsonText& json, const char* type, const Key& key) {
  json.begin_object().member("type", type);
  const auto bound = [&](const char* name, double value) {
    if (key.type == ValueType::score) {
      json.member(name, value);
    } else {
      json.member(name, static_cast<std::int64_t>(value));
    }
  };
  bound("minimum", key.min);
  if (key.max < std::numeric_limits<double>::max()) bound("maximum", key.max);
  json.end_object();
}

/// The members that say what a value of this key may be, inside an object already begun.
void write_type(JsonText& json, const Key& key) {
  switch (key.type) {
    case ValueType::text:
    case ValueType::path:
      json.key("type").value(std::vector<std::string>{"string", "number", "boolean"});
      json.member("minLength", 1);
      return;
    case ValueType::texts:
      json.key("anyOf").begin_array();
      json.begin_object().member("type", "array").key("items").begin_object();
      json.key("type").value(std::vector<std::string>{"string", "number", "boolean"});
      json.end_object().end_object();
      json.begin_object().member("type", "string").end_object();
      json.end_array();
      return;
    case ValueType::section:
      json.member("$ref", reference(key.section->name));
      return;
    case ValueType::source:
      json.member("$ref", reference("source"));
      return;
    case ValueType::sources:
      json.key("anyOf").begin_array();
      json.begin_object().member("type", "array").member("minItems", 1).key("items");
      write_reference(json, "source");
      json.end_object();
      json.begin_object().member("type", "object").member("minProperties", 1);
      json.key("additionalProperties");
      write_reference(json, "source");
      json.end_object();
      json.end_array();
      return;
    case ValueType::stages:
    case ValueType::sinks:
      json.member("type", "array").member("minItems", 1).key("items");
      write_reference(json, key.type == ValueType::stages ? "stage" : "sink");
      return;
    default:
      break;
  }
  json.key("anyOf").begin_array();
  if (key.type == ValueType::integer) write_number(json, "integer", key);
  if (key.type == ValueType::boolean) json.begin_object().member("type", "boolean").end_object();
  if (key.type == ValueType::choice) {
    json.begin_object().key("enum").value(key.choices).end_object();
  }
  if (key.type == ValueType::score) {
    write_number(json, "number", key);
    write_pattern(json, R"(^[0-9]+(\.[0-9]+)?%$)");
  }
  if (key.type == ValueType::count || key.type == ValueType::bytes) {
    write_number(json, "integer", key);
    write_pattern(json, key.type == ValueType::count
                            ? R"(^[0-9]+(\.[0-9]+)? ?[kKMG]?$)"
                            : R"(^[0-9]+(\.[0-9]+)? ?([kKMGT]B|[KMGT]iB|B)?$)");
  }
  write_pattern(json, kVariable);
  json.end_array();
}

void write_default(JsonText& json, const Key& key, const void* defaults) {
  if (!key.get || key.required) return;
  const Value value = key.get(defaults);
  if (const auto* text = std::get_if<std::string>(&value); text != nullptr && text->empty()) return;
  json.key("default");
  std::visit([&](const auto& held) { json.value(held); }, value);
}

/// Properties of one section, inside an object already begun.
void write_section(JsonText& json, const Section& section, const void* defaults) {
  json.member("type", "object").member("additionalProperties", false);
  std::vector<std::string> required;
  for (const Key& key : section.keys) {
    if (key.required) required.push_back(key.name);
  }
  if (!required.empty()) json.member("required", required);
  json.key("properties").begin_object();
  for (const Key& key : section.keys) {
    json.key(key.name).begin_object().member("description", key.doc);
    write_type(json, key);
    write_default(json, key, defaults);
    json.end_object();
  }
  json.end_object();
}

/// A section that also has a short form: one text for its main key, or nothing at all.
void write_definition(JsonText& json, const Section& section, const void* defaults,
                      bool may_be_empty) {
  json.key(section.name).begin_object().member("description", section.doc);
  if (section.main_key.empty() && !may_be_empty) {
    write_section(json, section, defaults);
    json.end_object();
    return;
  }
  json.key("anyOf").begin_array();
  json.begin_object();
  write_section(json, section, defaults);
  json.end_object();
  if (!section.main_key.empty()) {
    json.begin_object().member("type", "string").member("minLength", 1).end_object();
  }
  if (may_be_empty) json.begin_object().member("type", "null").end_object();
  json.end_array().end_object();
}

bool has_required(const Section& section) {
  for (const Key& key : section.keys) {
    if (key.required) return true;
  }
  return false;
}

/// `stage` or `sink`: a map with exactly one of the kinds' names, or a bare name.
template <class Kinds>
void write_one_of(JsonText& json, const std::string& name, const Kinds& kinds) {
  json.key(name).begin_object().key("oneOf").begin_array();
  for (const auto& kind : kinds) {
    const std::string& key = kind.section.name;
    json.begin_object().member("type", "object").member("additionalProperties", false);
    json.member("required", std::vector<std::string>{key});
    json.key("properties").begin_object().key(key);
    write_reference(json, key);
    json.end_object().end_object();
    if (!has_required(kind.section)) json.begin_object().member("const", key).end_object();
  }
  json.end_array().end_object();
}

}  // namespace

std::string json_schema() {
  JsonText json;
  const RunConfig defaults;
  json.begin_object();
  json.member("$schema", "https://json-schema.org/draft/2020-12/schema");
  json.member("title", "Fovea run");
  json.member("description", run_section().doc);
  write_section(json, run_section(), &defaults);
  json.key("oneOf").begin_array();
  for (const char* key : {"source", "sources"}) {
    json.begin_object().member("required", std::vector<std::string>{key}).end_object();
  }
  json.end_array();
  json.key("$defs").begin_object();
  const SourceConfig source_defaults;
  write_definition(json, source_section(), &source_defaults, false);
  write_definition(json, limits_section(), &defaults.limits, false);
  write_one_of(json, "stage", stage_kinds());
  for (const StageKind& kind : stage_kinds()) {
    const StageConfig fresh = kind.make();
    write_definition(json, kind.section, target_of(fresh), !has_required(kind.section));
  }
  write_one_of(json, "sink", sink_forms());
  for (const SinkForm& form : sink_forms()) {
    const SinkKind fresh = form.make();
    write_definition(json, form.section, target_of(fresh), !has_required(form.section));
  }
  json.end_object();
  json.end_object();
  return json.str();
}

}  // namespace fovea::pipeline
