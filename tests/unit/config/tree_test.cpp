// SPDX-License-Identifier: Apache-2.0
// YAML text to a tree with places.
#include "pipeline/config/tree.hpp"

#include <cstdlib>

#include <gmock/gmock.h>

namespace fovea::pipeline {
namespace {

Node parse(const std::string& yaml) {
  std::vector<Fault> faults;
  Node root = parse_yaml(yaml, "t.yaml", faults);
  EXPECT_EQ(to_string(faults), "");
  return root;
}

Fault only_fault(const std::string& yaml) {
  std::vector<Fault> faults;
  parse_yaml(yaml, "t.yaml", faults);
  EXPECT_EQ(faults.size(), 1U) << yaml.substr(0, 200);
  return faults.empty() ? Fault{} : faults.front();
}

TEST(Tree, EveryValueHasItsPlace) {
  const Node root = parse("a: 1\nb:\n  - x\n  - {c: \"2\"}\n");
  ASSERT_TRUE(root.is_map());
  EXPECT_EQ(root.entries[1].mark.line, 2);
  EXPECT_EQ(root.entries[1].mark.column, 1);
  const Node& b = *root.find("b");
  EXPECT_EQ(b.items[0].mark.line, 3);
  EXPECT_EQ(b.items[0].mark.column, 5);
  const Node& c = *b.items[1].find("c");
  EXPECT_EQ(c.mark.line, 4);
  EXPECT_EQ(c.mark.column, 9);
  EXPECT_TRUE(c.quoted);
  EXPECT_FALSE(root.find("a")->quoted);
}

TEST(Tree, DuplicateKeysAreKept) {
  const Node root = parse("a: 1\na: 2\n");
  ASSERT_EQ(root.entries.size(), 2U);
  EXPECT_EQ(root.find("a")->text, "1");
}

TEST(Tree, AliasesAndMergesArePutInPlace) {
  const Node root = parse(
      "one: &base {x: 1, y: 2}\n"
      "two: *base\n"
      "three: {<<: *base, y: 3}\n");
  EXPECT_EQ(root.find("two")->find("y")->text, "2");
  EXPECT_EQ(root.find("three")->find("x")->text, "1");
  EXPECT_EQ(root.find("three")->find("y")->text, "3");
  EXPECT_EQ(root.find("three")->entries.size(), 2U);
}

TEST(Tree, EmptyTextIsNull) {
  EXPECT_TRUE(parse("").is_null());
  EXPECT_TRUE(parse("# only a comment\n").is_null());
  EXPECT_TRUE(parse("a:\n").find("a")->is_null());
  EXPECT_TRUE(parse("a: ~\n").find("a")->is_null());
  EXPECT_TRUE(parse("a: \"\"\n").find("a")->is_scalar());
}

TEST(Tree, SyntaxErrorsHaveTheirPlace) {
  const Fault fault = only_fault("version: 1\nstages: [classify: {model: a}\n");
  EXPECT_EQ(fault.place.file, "t.yaml");
  EXPECT_GE(fault.place.line, 2);
  EXPECT_THAT(fault.what, testing::StartsWith("YAML: "));
  EXPECT_THAT(fault.fix, testing::HasSubstr("close every ["));
  EXPECT_EQ(only_fault("a: b: c\n").place.line, 1);
  EXPECT_THAT(only_fault("a:\n\t- b\n").fix, testing::HasSubstr("tabs"));
  EXPECT_THAT(only_fault("a: *nobody\n").fix, testing::HasSubstr("&name"));
}

TEST(Tree, ASecondDocumentIsRefused) {
  EXPECT_THAT(only_fault("a: 1\n---\nb: 2\n").what, testing::HasSubstr("second YAML document"));
  parse("---\na: 1\n...\n");
}

TEST(Tree, DepthIsBounded) {
  const std::string deep = "a: " + std::string(5000, '[') + std::string(5000, ']');
  EXPECT_THAT(only_fault(deep).what, testing::HasSubstr("levels deep"));
  std::string nested;
  for (int i = 0; i < 200; ++i) nested += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_THAT(only_fault(nested).what, testing::HasSubstr("levels deep"));
}

TEST(Tree, AliasBombsAreBounded) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 0; k < 9; ++k) bomb += ", " + last;
    bomb += "]\n";
  }
  EXPECT_THAT(only_fault(bomb).what, testing::HasSubstr("more than 20000 values"));
}

TEST(Tree, AnAliasInsideItselfIsRefused) {
  EXPECT_THAT(only_fault("a: &a [1, *a]\n").what, testing::HasSubstr("inside what it refers to"));
}

TEST(Tree, HugeAndBinaryFilesAreRefused) {
  EXPECT_THAT(only_fault(std::string(kMaxConfigBytes + 1, '#')).what,
              testing::HasSubstr("larger than 1 MiB"));
  EXPECT_THAT(only_fault(std::string("a: \0b", 5)).what, testing::HasSubstr("zero bytes"));
}

TEST(Tree, ForeignTagsAreRefused) {
  EXPECT_THAT(only_fault("a: !include b.yaml\n").what, testing::HasSubstr("!include"));
  EXPECT_EQ(parse("a: !!str 12\n").find("a")->text, "12");
}

class Environment : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("FOVEA_TEST_SET", "value", 1);
    ::setenv("FOVEA_TEST_EMPTY", "", 1);
    ::unsetenv("FOVEA_TEST_UNSET");
  }
  Document document(const std::string& value) {
    Document result;
    result.origins.push_back("t.yaml");
    result.root = parse("a: {b: ['" + value + "']}\n");
    return result;
  }
  std::string expanded(const std::string& value) {
    Document result = document(value);
    std::vector<Fault> faults;
    expand_environment(result, faults);
    EXPECT_EQ(to_string(faults), "");
    return result.root.find("a")->find("b")->items[0].text;
  }
};

TEST_F(Environment, VariablesAndDefaults) {
  EXPECT_EQ(expanded("x/${FOVEA_TEST_SET}/y"), "x/value/y");
  EXPECT_EQ(expanded("${FOVEA_TEST_SET}${FOVEA_TEST_SET}"), "valuevalue");
  EXPECT_EQ(expanded("${FOVEA_TEST_UNSET:-other}"), "other");
  EXPECT_EQ(expanded("${FOVEA_TEST_UNSET:-}"), "");
  EXPECT_EQ(expanded("${FOVEA_TEST_EMPTY:-other}"), "other");
  EXPECT_EQ(expanded("${FOVEA_TEST_EMPTY}"), "");
  EXPECT_EQ(expanded("${FOVEA_TEST_SET:-other}"), "value");
  EXPECT_EQ(expanded("$5 and $${LITERAL} $"), "$5 and ${LITERAL} $");
}

TEST_F(Environment, UnsetAndBrokenVariablesAreFaultsWithPlaceAndPath) {
  for (const char* text : {"${FOVEA_TEST_UNSET}", "${", "${}", "${1A}", "${A B}"}) {
    Document result = document(text);
    std::vector<Fault> faults;
    expand_environment(result, faults);
    ASSERT_EQ(faults.size(), 1U) << text;
    EXPECT_EQ(faults[0].place.line, 1);
    EXPECT_EQ(faults[0].place.column, 9);
    EXPECT_EQ(faults[0].place.path, "a.b[0]");
  }
}

}  // namespace
}  // namespace fovea::pipeline
