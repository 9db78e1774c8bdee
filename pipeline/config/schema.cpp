// SPDX-License-Identifier: Apache-2.0
#include "pipeline/config/config.hpp"
#include "pipeline/config/keys.hpp"
#include "pipeline/config/values.hpp"
#include "pipeline/sinks/json.hpp"

namespace fovea::pipeline {
namespace {

/// A value that the environment fills in is a text until fovea reads it.
const char* const kVariable = R"(\$\{)";

Json reference(const std::string& name) { return {{"$ref", "#/$defs/" + name}}; }

Json pattern(const std::string& text) { return {{"type", "string"}, {"pattern", text}}; }

/// Any scalar: YAML reads 2024 as a number, and a folder may have that name.
Json any_text() { return {{"type", {"string", "number", "boolean"}}, {"minLength", 1}}; }

Json one_of(const std::vector<std::string>& words) {
  return {{"anyOf", {Json{{"enum", words}}, pattern(kVariable)}}};
}

Json number(const char* type, const Key& key) {
  Json result{{"type", type}};
  const auto bound = [&](const char* name, double value) {
    if (is_decimal(key.type)) {
      result[name] = value;
    } else {
      result[name] = static_cast<std::int64_t>(value);
    }
  };
  bound("minimum", key.min);
  if (key.max < std::numeric_limits<double>::max()) bound("maximum", key.max);
  return result;
}

Json with_word_for_0(Json forms, const Key& key) {
  if (!key.word_for_0.empty()) forms.push_back({{"const", key.word_for_0}});
  return {{"anyOf", std::move(forms)}};
}

/// A list of Key::min to Key::max entries.
Json list_of(const Key& key, Json item) {
  Json result{{"type", "array"}, {"items", std::move(item)}};
  if (key.min > 0) result["minItems"] = static_cast<std::int64_t>(key.min);
  if (key.max < std::numeric_limits<double>::max()) {
    result["maxItems"] = static_cast<std::int64_t>(key.max);
  }
  return result;
}

Json point() {
  Json coordinate{{"anyOf", {Json{{"type", "number"}, {"minimum", 0}}, pattern(kVariable)}}};
  return {{"type", "array"}, {"minItems", 2}, {"maxItems", 2}, {"items", std::move(coordinate)}};
}

/// What a value of this key may be.
Json type_of(const Key& key) {
  switch (key.type) {
    case ValueType::text:
    case ValueType::path:
      return any_text();
    case ValueType::texts: {
      const Json one = key.choices.empty() ? any_text() : one_of(key.choices);
      return {{"anyOf", {{{"type", "array"}, {"items", one}}, one}}};
    }
    case ValueType::integer:
      return with_word_for_0({number("integer", key), pattern(kVariable)}, key);
    case ValueType::real:
      return with_word_for_0({number("number", key), pattern(kVariable)}, key);
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
    case ValueType::duration:
      return with_word_for_0(
          {pattern(R"(^[0-9]+(\.[0-9]+)? ?(ms|s|m|h)$)"), Json{{"const", 0}}, pattern(kVariable)},
          key);
    case ValueType::choice:
      return one_of(key.choices);
    case ValueType::word:
      return {
          {"anyOf",
           {Json{{"enum", key.choices}},
            {{"type", "integer"}, {"minimum", 0}, {"maximum", static_cast<std::int64_t>(key.max)}},
            pattern(kVariable)}}};
    case ValueType::section:
      return reference(key.section->name);
    case ValueType::sections:
      return list_of(key, reference(key.section->name));
    case ValueType::point:
      return key.word_for_0.empty() ? point() : with_word_for_0({point()}, key);
    case ValueType::points:
      return list_of(key, point());
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

/// The default as a user would write it; null where there is none.
Json default_of(const Key& key, const void* defaults) {
  if (!key.get || key.required) return nullptr;
  const Value value = key.get(defaults);
  if (key.type == ValueType::duration) return write_value(key, value);
  return std::visit(
      [](const auto& held) -> Json {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, Points>) {
          return nullptr;
        } else {
          return held == Held() && std::is_same_v<Held, std::string> ? Json() : Json(held);
        }
      },
      value);
}

Json map_of(const Section& section, const void* defaults) {
  Json result{{"type", "object"}, {"additionalProperties", false}};
  Json required = Json::array();
  Json properties = Json::object();
  for (const Key& key : section.keys) {
    if (key.required) required.push_back(key.name);
    Json property{{"description", key.doc}};
    property.update(type_of(key));
    if (Json value = default_of(key, defaults); !value.is_null()) {
      property["default"] = std::move(value);
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

/// The definitions of the sections inside a section, and of those inside them.
void add_nested(Json& definitions, const Section& section, const void* defaults) {
  for (const Key& key : section.keys) {
    if (key.section == nullptr) continue;
    const void* inner = key.defaults(defaults);
    definitions[key.section->name] = definition(*key.section, inner, false);
    add_nested(definitions, *key.section, inner);
  }
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
  Json definitions = Json::object();
  const auto define = [&](const Section& section, const void* fresh, bool may_be_empty) {
    definitions[section.name] = definition(section, fresh, may_be_empty);
    add_nested(definitions, section, fresh);
  };
  const SourceConfig source_defaults;
  define(source_section(), &source_defaults, false);
  add_nested(definitions, run_section(), &defaults);
  definitions["stage"] = one_of(stage_kinds());
  definitions["sink"] = one_of(sink_forms());
  for (const StageKind& kind : stage_kinds()) {
    const StageConfig fresh = kind.make();
    define(kind.section, target_of(fresh), !has_required(kind.section));
  }
  for (const SinkForm& form : sink_forms()) {
    const SinkKind fresh = form.make();
    define(form.section, target_of(fresh), !has_required(form.section));
  }
  schema["$defs"] = std::move(definitions);
  return to_pretty(schema) + "\n";
}

}  // namespace fovea::pipeline
