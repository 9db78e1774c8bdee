// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/config.hpp"
#include "pipeline/config/keys.hpp"
#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {
namespace {

/// A value that the environment fills in is a text until fovea reads it.
const char* const kVariable = R"(\$\{)";

Json reference(const std::string& name) { return {{"$ref", "#/$defs/" + name}}; }

Json pattern(const std::string& text) { return {{"type", "string"}, {"pattern", text}}; }

/// Any scalar: YAML reads 2024 as a number, and a folder may have that name.
Json any_text() { return {{"type", {"string", "number", "boolean"}}, {"minLength", 1}}; }

Json number(const char* type, const Key& key) {
  Json result{{"type", type}};
  const auto bound = [&](const char* name, double value) {
    if (key.type == ValueType::score) {
      result[name] = value;
    } else {
      result[name] = static_cast<std::int64_t>(value);
    }
  };
  bound("minimum", key.min);
  if (key.max < std::numeric_limits<double>::max()) bound("maximum", key.max);
  return result;
}

/// What a value of this key may be.
Json type_of(const Key& key) {
  switch (key.type) {
    case ValueType::text:
    case ValueType::path:
      return any_text();
    case ValueType::texts:
      return {{"anyOf", {{{"type", "array"}, {"items", any_text()}}, any_text()}}};
    case ValueType::integer: {
      Json forms = Json::array({number("integer", key), pattern(kVariable)});
      if (!key.word_for_0.empty()) forms.push_back({{"const", key.word_for_0}});
      return {{"anyOf", std::move(forms)}};
    }
    case ValueType::score:
      return {{"anyOf",
               {number("number", key), pattern(R"(^[0-9]+(\.[0-9]+)?%$)"), pattern(kVariable)}}};
    case ValueType::boolean:
      return {{"anyOf", {Json{{"type", "boolean"}}, pattern(kVariable)}}};
    case ValueType::count:
      return {{"anyOf",
               {number("integer", key), pattern(R"(^[0-9]+(\.[0-9]+)? ?[kKMG]?$)"),
                pattern(kVariable)}}};
    case ValueType::bytes:
      return {{"anyOf",
               {number("integer", key), pattern(R"(^[0-9]+(\.[0-9]+)? ?([kKMGT]B|[KMGT]iB|B)?$)"),
                pattern(kVariable)}}};
    case ValueType::choice:
      return {{"anyOf", {Json{{"enum", key.choices}}, pattern(kVariable)}}};
    case ValueType::section:
      return reference(key.section->name);
    case ValueType::source:
      return reference("source");
    case ValueType::sources:
      return {{"anyOf",
               {{{"type", "array"}, {"minItems", 1}, {"items", reference("source")}},
                {{"type", "object"},
                 {"minProperties", 1},
                 {"additionalProperties", reference("source")}}}}};
    case ValueType::stages:
      return {{"type", "array"}, {"minItems", 1}, {"items", reference("stage")}};
    case ValueType::sinks:
      return {{"type", "array"}, {"minItems", 1}, {"items", reference("sink")}};
  }
  return {};
}

Json to_json(const Value& value) {
  return std::visit([](const auto& held) { return Json(held); }, value);
}

Json map_of(const Section& section, const void* defaults) {
  Json result{{"type", "object"}, {"additionalProperties", false}};
  Json required = Json::array();
  Json properties = Json::object();
  for (const Key& key : section.keys) {
    if (key.required) required.push_back(key.name);
    Json property{{"description", key.doc}};
    property.update(type_of(key));
    if (key.get && !key.required && key.get(defaults) != Value(std::string())) {
      property["default"] = to_json(key.get(defaults));
    }
    properties[key.name] = std::move(property);
  }
  if (!required.empty()) result["required"] = std::move(required);
  result["properties"] = std::move(properties);
  return result;
}

bool has_required(const Section& section) {
  for (const Key& key : section.keys) {
    if (key.required) return true;
  }
  return false;
}

/// A section with its short forms: one text for its main key; nothing, where nothing is required.
Json definition(const Section& section, const void* defaults, bool may_be_empty) {
  Json result{{"description", section.doc}};
  if (section.main_key.empty() && !may_be_empty) {
    result.update(map_of(section, defaults));
    return result;
  }
  Json forms = Json::array({map_of(section, defaults)});
  if (!section.main_key.empty()) forms.push_back({{"type", "string"}, {"minLength", 1}});
  if (may_be_empty) forms.push_back({{"type", "null"}});
  result["anyOf"] = std::move(forms);
  return result;
}

/// `stage` or `sink`: a map with exactly one of the kinds' names, or a bare name.
template <class Kinds>
Json one_of(const Kinds& kinds) {
  Json forms = Json::array();
  for (const auto& kind : kinds) {
    const std::string& name = kind.section.name;
    forms.push_back({{"type", "object"},
                     {"additionalProperties", false},
                     {"required", Json::array({name})},
                     {"properties", {{name, reference(name)}}}});
    if (!has_required(kind.section)) forms.push_back({{"const", name}});
  }
  return {{"oneOf", std::move(forms)}};
}

}  // namespace

std::string json_schema() {
  const RunConfig defaults;
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "Fovea run"},
              {"description", run_section().doc}};
  schema.update(map_of(run_section(), &defaults));
  schema["oneOf"] = Json::array(
      {{{"required", Json::array({"source"})}}, {{"required", Json::array({"sources"})}}});
  const SourceConfig source_defaults;
  Json definitions{{"source", definition(source_section(), &source_defaults, false)},
                   {"limits", definition(limits_section(), &defaults.limits, false)},
                   {"stage", one_of(stage_kinds())},
                   {"sink", one_of(sink_forms())}};
  for (const StageKind& kind : stage_kinds()) {
    const StageConfig fresh = kind.make();
    definitions[kind.section.name] =
        definition(kind.section, target_of(fresh), !has_required(kind.section));
  }
  for (const SinkForm& form : sink_forms()) {
    const SinkKind fresh = form.make();
    definitions[form.section.name] =
        definition(form.section, target_of(fresh), !has_required(form.section));
  }
  schema["$defs"] = std::move(definitions);
  return to_pretty(schema) + "\n";
}

}  // namespace fovea::pipeline
