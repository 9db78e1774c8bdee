// SPDX-License-Identifier: Apache-2.0
// The schema that editors get and the keys that the checker takes are one table.
#include <filesystem>
#include <fstream>
#include <set>

#include <gmock/gmock.h>

#include "pipeline/config/config.hpp"
#include "pipeline/config/keys.hpp"
#include "pipeline/config/tree.hpp"
#include "tests/support/places.hpp"

namespace fovea::pipeline {
namespace {

/// JSON is YAML: the project's own reader takes the schema apart.
Node parsed_schema() {
  std::vector<Fault> faults;
  Node root = parse_yaml(json_schema(), "schema", faults);
  EXPECT_EQ(to_string(faults), "");
  return root;
}

const Node& properties_of(const Node& schema, const Section& section) {
  static const Node kNone;
  const Node* node = &schema;
  if (section.name != "run") node = schema.find("$defs")->find(section.name);
  if (node == nullptr) return kNone;
  if (const Node* forms = node->find("anyOf")) node = &forms->items[0];
  const Node* properties = node->find("properties");
  return properties == nullptr ? kNone : *properties;
}

TEST(Schema, HasEveryKeyOfTheTableAndNoOther) {
  const Node schema = parsed_schema();
  for (const Section* section : all_sections()) {
    const Node& properties = properties_of(schema, *section);
    std::vector<std::string> in_schema, in_table;
    for (const Node::Entry& entry : properties.entries) in_schema.push_back(entry.key);
    for (const Key& key : section->keys) in_table.push_back(key.name);
    EXPECT_EQ(in_schema, in_table) << section->name;
  }
}

/// A run that holds `section` somewhere, with `body` as its map. Empty where it is nowhere.
std::string placed(const Section& section, const std::string& body) {
  if (&section == &source_section()) return "source: " + body + "\n";
  for (const StageKind& kind : stage_kinds()) {
    if (&kind.section == &section) return "stages: [{" + section.name + ": " + body + "}]\n";
  }
  for (const SinkForm& form : sink_forms()) {
    if (&form.section == &section) return "sinks: [{" + section.name + ": " + body + "}]\n";
  }
  for (const Section* outer : all_sections()) {
    for (const Key& key : outer->keys) {
      if (key.section != &section) continue;
      const std::string inner =
          key.name + ": " + (key.type == ValueType::sections ? "[" + body + "]" : body);
      return outer == &run_section() ? inner + "\n" : placed(*outer, "{" + inner + "}");
    }
  }
  return {};
}

TEST(Schema, EverySectionHasItsOwnName) {
  std::set<std::string> names{"stage", "sink"};
  for (const Section* section : all_sections()) {
    EXPECT_TRUE(names.insert(section->name).second) << section->name;
  }
}

TEST(Schema, TheCheckerKnowsEveryKeyOfTheSchema) {
  const Node schema = parsed_schema();
  const auto faults_of = [](const std::string& yaml) {
    return to_string(check_config_text(yaml, "t", {}, false).faults);
  };
  for (const Section* section : all_sections()) {
    for (const Node::Entry& entry : properties_of(schema, *section).entries) {
      // A map is the wrong type for nearly all of them; "unknown key" is what must not come.
      const std::string body = "{" + entry.key + ": {nothing: 1}}";
      const std::string yaml =
          "version: 1\n" +
          (section == &run_section() ? entry.key + ": {nothing: 1}\n" : placed(*section, body));
      ASSERT_GT(yaml.size(), 12U) << section->name;
      EXPECT_THAT(faults_of(yaml), testing::Not(testing::HasSubstr("unknown key '" + entry.key)))
          << yaml;
    }
  }
}

TEST(Schema, EveryReferenceLeadsSomewhere) {
  const Node schema = parsed_schema();
  const std::string text = json_schema();
  std::size_t found = 0;
  for (std::size_t at = text.find("#/$defs/"); at != std::string::npos;
       at = text.find("#/$defs/", at + 1)) {
    const std::size_t begin = at + std::string("#/$defs/").size();
    const std::string name = text.substr(begin, text.find('"', begin) - begin);
    EXPECT_NE(schema.find("$defs")->find(name), nullptr) << name;
    ++found;
  }
  EXPECT_GE(found, 10U);
}

TEST(Schema, EveryKeyIsExplained) {
  for (const Section* section : all_sections()) {
    for (const Key& key : section->keys) {
      EXPECT_GE(key.doc.size(), 10U) << section->name << "." << key.name;
      EXPECT_LE(key.doc.size(), 100U) << section->name << "." << key.name;
    }
  }
}

TEST(Schema, ThePageInDocsNamesEveryKey) {
  std::ifstream stream(fovea::test::source_dir() / "docs/configuration.md");
  const std::string page(std::istreambuf_iterator<char>(stream), {});
  for (const Section* section : all_sections()) {
    EXPECT_THAT(page, testing::HasSubstr(section->name));
    for (const Key& key : section->keys) {
      EXPECT_THAT(page, testing::HasSubstr("`" + key.name + "`")) << section->name;
      for (const std::string& choice : key.choices) {
        EXPECT_THAT(page, testing::HasSubstr("`" + choice + "`")) << key.name;
      }
    }
  }
}

}  // namespace
}  // namespace fovea::pipeline
